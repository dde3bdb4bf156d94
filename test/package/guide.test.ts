/** docs/WRITING-AN-ADAPTER.md, done by the letter in an empty folder, with nothing of this project but what would be published. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isBuilt, packTarball, root, runLine, type Tarball } from './tarball.js';

const guide = readFileSync(join(root, 'docs', 'WRITING-AN-ADAPTER.md'), 'utf8');
const commands = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, lines = '']) => lines.trim().split('\n'));
const files = [...guide.matchAll(/`([\w.]+[.]ts)`:\n\n```ts\n(.*?)^```$/gms)];

describe.skipIf(!isBuilt)('the guide to adapters', () => {
  let tarball: Tarball;
  beforeAll(() => {
    tarball = packTarball();
  });
  afterAll(() => {
    tarball.remove();
  });

  it('takes a reader from an empty folder to a green suite', { timeout: 180_000 }, () => {
    const home = join(tarball.folder, 'reader');
    mkdirSync(home);
    const [makeFolder = '', install = '', runSuite = ''] = commands;
    expect(commands).toHaveLength(3);
    const run = (line: string, cwd: string) => {
      const { status, output } = runLine(line, { cwd, tarball: tarball.path });
      expect(status, `${line}\n${output}`).toBe(0);
      return output;
    };
    run(makeFolder, home);
    const project = join(home, 'diary-adapter');
    run(install, project);
    for (const [, name = '', code = ''] of files) writeFileSync(join(project, name), code);
    const told = run(runSuite, project);
    const passed = Number(/Tests\s+(\d+) passed/.exec(stripVTControlCharacters(told))?.[1]);
    expect(passed, told).toBeGreaterThan(40);
  });
});
