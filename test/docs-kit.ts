/**
 * The documentation's code, for the tests that type-check and run it. A page can say what its blocks begin with, in a comment that readers
 * do not see: `<!-- with: import { … } from '…'; -->`. A block under a line such as `adapter.ts`: is that file, for the page's other blocks
 * to import. The blocks under a `<!-- run -->` are one program, in the order in which they stand; what each of them prints is the `text` block
 * after it, where `…` stands for what differs from run to run, and nothing where there is none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');
export const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);

export interface Snippet {
  /** The folder of the page's files. */
  readonly folder: string;
  readonly name: string;
  readonly code: string;
}

export interface Program extends Snippet {
  /** What each of its blocks prints. */
  readonly prints: readonly string[];
}

const BLOCK =
  /(<!-- run -->\s+)?(?:`([\w.-]+[.]ts)`:\n\n)?^```ts\n(.*?)^```$(?:\n+(?:[^\n#|`<]+:\n\n)?```text\n(.*?)^```$)?/gms;

/** What a program prints between two of its blocks; no page shows it. */
export const SEAM = '\u001e';

export function snippetsOf(page: string): Snippet[] {
  const { text, folder, preamble } = read(page);
  const alone = [...text.matchAll(BLOCK)].flatMap((match) => {
    const [whole, isRun, name, body = ''] = match;
    if (isRun !== undefined) return [];
    const line = text.slice(0, match.index + whole.indexOf('```')).split('\n').length + 1;
    return [{ folder, name: name ?? `line-${String(line)}.ts`, code: `${preamble}\n${body}\nexport {};\n` }];
  });
  const program = programOf(page);
  return program ? [...alone, program] : alone;
}

/** The program of the blocks that are to be run; nothing where a page has none. */
export function programOf(page: string): Program | undefined {
  const { text, folder, preamble } = read(page);
  const blocks = [...text.matchAll(BLOCK)].filter(([, isRun]) => isRun !== undefined);
  if (blocks.length === 0) return undefined;
  const bodies = blocks.map(([, , , body = '']) => body);
  return {
    folder,
    name: 'program.ts',
    code: `${preamble}\n${bodies.join(`\nconsole.log('${SEAM}');\n`)}\nexport {};\n`,
    prints: blocks.map(([, , , , shown = '']) => shown),
  };
}

function read(page: string) {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const preamble = [...text.matchAll(/<!-- with: (.*?) -->/gs)].map((match) => match[1] ?? '').join('\n');
  return { text, folder: page.replaceAll(/[/.]/g, '-'), preamble: preamble.replaceAll('\n', ' ') };
}

/** The settings of the project for files in `folder`. */
export function tsconfigFor(folder: string): string {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const up = relative(folder, root);
  const paths = Object.fromEntries(
    Object.entries(compilerOptions.paths).map(([name, files]) => [name, files.map((file) => join(up, file))]),
  );
  return JSON.stringify({
    extends: join(up, 'tsconfig.json'),
    compilerOptions: { noUnusedLocals: false, rootDir: up, paths },
    include: ['**/*.ts'],
  });
}
