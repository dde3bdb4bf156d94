/** The programs of the guides do what the guides say: run on SQLite practices, their output held against what stands under each block. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { docs, programsOf, root, SEAM, snippetsOf } from './docs-kit.js';
import { stageFor } from './docs-stages.js';

const programs = docs.flatMap((page) => programsOf(page).map((program) => ({ page, stage: program.stage, program })));

/** Its blocks are the files of an example, which `docs.test.ts` holds against them, and which is run as one. */
const RUN_ELSEWHERE = ['WRITING-AN-ADAPTER.md'];

/** `…` in what a page shows stands for anything within a line. */
function patternOf(shown: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${shown.trim().split('…').map(literal).join('[^\\n]*')}$`);
}

describe('the programs of the guides', () => {
  it('are all the code that the guides show', () => {
    const notRun = docs.filter((page) => snippetsOf(page).length > programsOf(page).length);
    expect(notRun).toEqual(RUN_ELSEWHERE);
  });

  it.for(programs)('$page $stage', { timeout: 60_000 }, async ({ program }, { skip }) => {
    const folder = join(root, '.tmp', 'programs', `${program.folder}-${program.stage}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const stage = await stageFor(program.stage);
    if (!stage) return skip();
    try {
      writeFileSync(join(folder, 'program.ts'), program.code);
      const { stdout, stderr, status } = spawnSync(process.execPath, [...stage.node, '--import', 'tsx', 'program.ts'], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 50_000,
        env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'), ...stage.env },
      });
      console.log(stdout);
      expect(status, stderr).toBe(0);
      const printed = stdout.split(SEAM).map((text) => text.trim());
      expect(printed).toHaveLength(program.prints.length);
      for (const [index, shown] of program.prints.entries()) expect(printed[index]).toMatch(patternOf(shown));
      rmSync(folder, { recursive: true, force: true });
    } finally {
      await stage.dispose();
    }
  });
});
