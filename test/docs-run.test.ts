/** The programs of the guides do what the guides say: run on SQLite practices, their output held against what stands under each block. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { docs, programOf, root, SEAM } from './docs-kit.js';

const programs = docs.flatMap((page) => {
  const program = programOf(page);
  return program ? [{ page, program }] : [];
});

/** `…` in what a page shows stands for anything within a line. */
function patternOf(shown: string): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${shown.trim().split('…').map(literal).join('[^\\n]*')}$`);
}

describe('the programs of the guides', () => {
  it('are there', () => {
    expect(programs.map(({ page }) => page)).toContain('GETTING-STARTED.md');
  });

  it.each(programs)('$page', { timeout: 60_000 }, ({ program: { folder: name, code, prints } }) => {
    const folder = join(root, '.tmp', 'programs', name);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'program.ts'), code);
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', 'program.ts'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 50_000,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.json') },
    });
    expect(status, stderr).toBe(0);
    const printed = stdout.split(SEAM).map((text) => text.trim());
    expect(printed).toHaveLength(prints.length);
    for (const [index, shown] of prints.entries()) expect(printed[index]).toMatch(patternOf(shown));
    rmSync(folder, { recursive: true, force: true });
  });
});
