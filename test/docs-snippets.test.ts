/**
 * Every `ts` block of the documentation type-checks against the package as it is. A page can say what its short blocks begin with, in a
 * comment that readers do not see: `<!-- with: import { … } from '…'; -->`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folder = join(root, '.tmp', 'snippets');
const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly code: string;
}

function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const preamble = [...text.matchAll(/<!-- with: (.*?) -->/gs)].map((match) => match[1] ?? '').join('\n');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1;
    // On one line, so that numbers stay the page's own.
    return { page, line, code: `${preamble.replaceAll('\n', ' ')}\n${match[1] ?? ''}\nexport {};\n` };
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
    for (const { page, line, code } of snippets) {
      writeFileSync(join(folder, `${page.replaceAll(/[/.]/g, '-')}-${String(line)}.ts`), code);
    }
    const options = { noUnusedLocals: false, rootDir: '../..', paths: pathsFrom(folder) };
    const config = { extends: '../../tsconfig.json', compilerOptions: options, include: ['*.ts'] };
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
