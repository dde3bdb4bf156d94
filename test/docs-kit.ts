/**
 * The documentation's code, for the tests that type-check and run it. A page can say what its blocks begin with, in a comment that readers
 * do not see: `<!-- with: import { … } from '…'; -->`. A block under a line such as `adapter.ts`: is that file, for the page's other blocks
 * to import. The blocks under a `<!-- run -->` are one program, in the order in which they stand; what each of them prints is the `text` block
 * after it, where `…` stands for what differs from run to run, and nothing where there is none. Those under a `<!-- run: name -->` are another
 * one, which `docs-stages.ts` may give a server. `<!-- then: … -->` is what the unnamed program does in the end, unseen: mostly checks.
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
  /** What is behind the `run:` of its blocks; empty where nothing is. */
  readonly stage: string;
  /** What each of its blocks prints. */
  readonly prints: readonly string[];
}

const BLOCK =
  /(?:<!-- run(?<stage>(?:: \w+)?) -->\s+)?(?:`(?<name>[\w.-]+[.]ts)`:\n\n)?^```ts\n(?<body>.*?)^```$(?:\n+(?:[^\n#|`<]+:\n\n)?```text\n(?<shown>.*?)^```$)?/gms;

/** What a program prints between two of its blocks; no page shows it. */
export const SEAM = '\u001e';

interface Block {
  readonly line: number;
  readonly body: string;
  readonly shown: string;
  readonly name: string | undefined;
  /** Nothing where it is not to be run. */
  readonly stage: string | undefined;
}

export function snippetsOf(page: string): Snippet[] {
  const { blocks, folder, preamble } = read(page);
  const alone = blocks
    .filter(({ stage }) => stage === undefined)
    .map(({ name, line, body }) => ({
      folder,
      name: name ?? `line-${String(line)}.ts`,
      code: `${preamble}\n${body}\nexport {};\n`,
    }));
  return [...alone, ...programsOf(page)];
}

/** The programs of the blocks that are to be run. */
export function programsOf(page: string): Program[] {
  const { blocks, folder, preamble, ending } = read(page);
  const stages = [...new Set(blocks.flatMap(({ stage }) => stage ?? []))];
  return stages.map((stage) => {
    const own = blocks.filter((block) => block.stage === stage);
    const body = own.map((block) => block.body).join(`\nconsole.log('${SEAM}');\n`);
    return {
      folder,
      stage,
      name: stage === '' ? 'program.ts' : `program-${stage}.ts`,
      code: `${preamble}\n${body}\n${stage === '' ? ending : ''}\nexport {};\n`,
      prints: own.map(({ shown }) => shown),
    };
  });
}

function read(page: string) {
  const text = readFileSync(join(root, 'docs', page), 'utf8');
  const hidden = (word: string) =>
    [...text.matchAll(new RegExp(`<!-- ${word}: (.*?) -->`, 'gs'))].map((match) => match[1] ?? '').join('\n');
  const blocks = [...text.matchAll(BLOCK)].map((match): Block => {
    const { stage, name, body = '', shown = '' } = match.groups ?? {};
    const line = text.slice(0, match.index + match[0].indexOf('```')).split('\n').length + 1;
    return { line, body, shown, name, stage: stage?.replace(': ', '') };
  });
  // On one line, so that what the compiler says has nearly the page's lines.
  return {
    blocks,
    folder: page.replaceAll(/[/.]/g, '-'),
    preamble: hidden('with').replaceAll('\n', ' '),
    ending: hidden('then'),
  };
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
