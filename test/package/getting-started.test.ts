/** docs/GETTING-STARTED.md, done by the letter in an empty folder, with nothing of this project but what would be published. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { programsOf, SEAM } from '../docs-kit.js';
import { isBuilt, packTarball, root, runLine, type Tarball } from './tarball.js';

const guide = readFileSync(join(root, 'docs', 'GETTING-STARTED.md'), 'utf8');
const [, lines = ''] = /^```sh\n(.*?)^```$/ms.exec(guide) ?? [];
const [makeFolder = '', install = ''] = lines.trim().split('\n');

describe.skipIf(!isBuilt)('the guide to getting started', () => {
  let tarball: Tarball;
  beforeAll(() => {
    tarball = packTarball();
  });
  afterAll(() => {
    tarball.remove();
  });

  it('takes a reader from an empty folder to a booking', { timeout: 180_000 }, () => {
    const home = join(tarball.folder, 'reader');
    mkdirSync(home);
    const run = (line: string, cwd: string) => {
      const { status, output } = runLine(line, { cwd, tarball: tarball.path });
      expect(status, `${line}\n${output}`).toBe(0);
      return output;
    };
    run(makeFolder, home);
    const project = join(home, 'host');
    run(install, project);
    writeFileSync(join(project, 'host.ts'), programsOf('GETTING-STARTED.md')[0]?.code ?? '');
    const told = run('npx tsx host.ts', project).replaceAll(SEAM, '').replaceAll(/\n+/g, '\n');
    expect(told).toContain('\nbooked as 3\nstill 3\nSlotTaken: ');
    expect(told).toContain('\nstopped 3\n');
  });
});
