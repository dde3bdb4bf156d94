/**
 * Every `ts` block of the documentation type-checks against the package as it is. A page can say what its short blocks begin with, in a
 * comment that readers do not see: `<!-- with: import { … } from '…'; -->`. A block under a line such as `adapter.ts`: is that file, for the
 * page's other blocks to import.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, '.tmp', 'snippets');
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

interface Snippet {
  /** Within the page's folder. */
  readonly file: string;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const preamble = [...text.matchAll(/<!-- with: (.*?) -->/gs)].map((match) => match[1] ?? '').join('\n');
  return [...text.matchAll(/(?:`([\w.-]+[.]ts)`:\n\n)?^```ts\n(.*?)^```$/gms)].map((match) => {
    const [whole, name, body = ''] = match;
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length + 1;
    const file = join(page.replaceAll(/[/.]/g, '-'), name ?? `line-${String(line)}.ts`);
    return { file, code: `${preamble.replaceAll('\n', ' ')}\n${body}\nexport {};\n` };
  });
}

describe('the documentation’s code', () => {
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('type-checks', { timeout: 60_000 }, () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const snippets = pages.flatMap(snippetsOf);
    expect(snippets.length).toBeGreaterThan(5);
    for (const { file, code } of snippets) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const options = { noUnusedLocals: false, rootDir: '../..', paths: pathsFrom(folder) };
    const config = { extends: '../../tsconfig.json', compilerOptions: options, include: ['**/*.ts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('');
  });
});

/** The project's own, seen from another folder. */
function pathsFrom(from: string): Record<string, string[]> {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const entries = Object.entries(compilerOptions.paths);
  return Object.fromEntries(
    entries.map(([name, files]) => [name, files.map((file) => relative(from, join(root, file)))]),
  );
}
