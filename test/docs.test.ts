/** Documentation that cannot rot: its code is the examples' code, and its examples run. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ERRORS } from '../src/index.js';
import { MEMORY_CAPABILITIES } from './conformance/memory-kit.js';
import { PLANTS } from './simulation/planted.js';

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe('the README', () => {
  it('shows the quick start as it is', () => {
    const blocks = [...read('README.md').matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1]);
    expect(blocks).toEqual([read('examples/quick-start/main.ts')]);
  });

  it('has a quick start that does what it says', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'examples/quick-start/main.ts'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    console.log(`npm run example -- quick-start\n${stdout}`);
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /northcote is live\n[^]*the patient's slot is available\n[^]*the patient's slot is taken\n[^]*booked as appointment 3\n/,
    );
  });
});

describe('the guide to adapters', () => {
  const guide = read('docs/WRITING-AN-ADAPTER.md');

  it('shows the files of its example as they are', () => {
    const blocks = [...guide.matchAll(/`([\w.]+)`:\n\n```ts\n(.*?)```/gs)].map(([, name, code]) => [name, code]);
    const names = ['diary.ts', 'rows.ts', 'adapter.ts', 'writer.ts', 'conformance.test.ts'];
    expect(blocks).toEqual(names.map((name) => [name, read(`examples/custom-adapter/${name}`)]));
    expect(guide.match(/```ts/g)).toHaveLength(names.length);
  });

  it('names every capability that the suite knows', () => {
    expect(Object.keys(MEMORY_CAPABILITIES).filter((name) => !guide.includes(`\`${name}\``))).toEqual(['writes']);
  });

  it('names files of the whole example that exist', () => {
    const [, table = ''] = guide.split('## A whole one');
    const names = [...table.matchAll(/`([\w-]+\.ts)`/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !existsSync(join(root, 'examples/firebird-adapter', name)))).toEqual([]);
  });
});

describe.each(PAGES)('%s', (page) => {
  it('names only files of ours that exist', () => {
    const names = [...read(page).matchAll(/`((?:domain|engine|adapters|mirror|testing)\/[\w/-]+\.ts)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(names.filter((name) => !existsSync(join(root, 'src', name)))).toEqual([]);
  });
});

describe('commands', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  it.each(PAGES)('that %s names exist', (page) => {
    const names = [...read(page).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map((match) => match[1] ?? '');
    expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('the specification', () => {
  it('lists every planted fault', () => {
    const text = read('docs/SPEC.md');
    expect(PLANTS.filter(({ name }) => !text.includes(`| ${name} |`)).map(({ name }) => name)).toEqual([]);
  });

  it('numbers every promise', () => {
    const text = read('docs/SPEC.md');
    for (const promise of new Set(PLANTS.flatMap(({ breaks }) => breaks))) expect(text).toContain(`| **${promise}** |`);
  });
});

describe('errors', () => {
  it('each have one sentence', () => {
    for (const { what } of Object.values(ERRORS)) expect(what).toMatch(/^[A-Z'].*\.$/);
  });
});
