/**
 * docs/CLI.md: every example is run, one after another, and prints what stands there; every option of every command is named. With
 * UPDATE_CLI_DOCS=1 what the examples print is written into the page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { EXIT } from '../../src/cli/exit.js';
import { dayFromNow, makeClinic, MAPPING, type SmallClinic } from './clinic.js';
import { makeWorkspace, type Workspace } from './workspace.js';

const FILE = resolve(import.meta.dirname, '../../docs/CLI.md');
const PAGE = readFileSync(FILE, 'utf8');
/** What the page calls the first day of the practice. */
const FIRST_DAY = Date.parse('2026-11-24');
const DAY = 86_400_000;
const COMMANDS = ['doctor', 'watch', 'availability', 'book', 'delete', 'resync', 'verify', 'rehearse'];

let workspace: Workspace;
let clinic: SmallClinic;

beforeAll(async () => {
  workspace = await makeWorkspace();
  clinic = makeClinic(join(workspace.folder, 'clinic.db'));
  workspace.write(
    'clinic-sync.config.mjs',
    `import { sqliteMirror } from 'clinic-sync/mirror/sqlite';
     import { sqliteAdapter } from 'clinic-sync/sqlite';
     const schema = ${JSON.stringify(MAPPING)};
     export default {
       clinicId: 'northcote',
       adapter: sqliteAdapter({ path: 'clinic.db', schema, write: true }),
       mirror: sqliteMirror({ path: 'northcote.mirror' }),
     };`,
  );
});
afterAll(() => {
  clinic.close();
  workspace.remove();
});

/** A line as it is typed, and what it prints: standard output, then what goes to standard error. */
async function typed(line: string): Promise<string> {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  if (words[0] === 'sqlite3') {
    clinic.run(words[2] ?? '');
    return '';
  }
  const shifted = words
    .slice(1)
    .map((word) =>
      word.replace(/^\d{4}-\d\d-\d\d/, (day) => dayFromNow(1 + Math.round((Date.parse(day) - FIRST_DAY) / DAY))),
    );
  const { stdout, stderr } = await workspace.run(shifted);
  return `${stdout}${stderr}`;
}

/** Without what differs from run to run: days, durations, keys, and how busy a machine is. */
function timeless(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<instant>')
    .replace(/\d{4}-\d\d-\d\d/g, '<day>')
    .replace(/, [\d.]+ m?s of them at rest/g, '')
    .replace(/[\d.]+ m?s\b/g, '<time>')
    .replace(/cli-[\w-]{12}/g, '<key>')
    .replace(/f1:[0-9a-f]{16}/g, '<fingerprint>')
    .replace(/--after [\w.=+/-]+/g, '--after <place>')
    .replace(/sqlite 3[\d.]+/g, 'sqlite <version>')
    .replace(/durationMs=\d+ restedMs=\d+/g, 'durationMs=<time>')
    .replace(/has \d+ bytes/g, 'has <n> bytes')
    .replace(/\d+ calls \(.*?\)/g, '<calls>');
}

/** With the page's own days in place of those of today. */
function inThePagesDays(text: string): string {
  const shift = Date.parse(dayFromNow(1)) - FIRST_DAY;
  return text.replace(/\d{4}-\d\d-\d\d/g, (day) => new Date(Date.parse(day) - shift).toISOString().slice(0, 10));
}

describe('docs/CLI.md', () => {
  it('shows what is printed', { timeout: 60_000 }, async () => {
    const blocks = [...PAGE.matchAll(/```console\n(.*?)```/gs)].map(([, body = '']) => body);
    expect(blocks.length).toBeGreaterThanOrEqual(COMMANDS.length);
    const printed: string[] = [];
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('$ '));
      let text = '';
      for (const line of lines) text += `${line}\n${inThePagesDays(await typed(line.slice(2)))}`;
      printed.push(text);
    }
    if (process.env['UPDATE_CLI_DOCS'])
      writeFileSync(
        FILE,
        PAGE.replace(/```console\n.*?```/gs, () => `\`\`\`console\n${printed.shift() ?? ''}\`\`\``),
      );
    else expect(printed.map(timeless)).toEqual(blocks.map(timeless));
  });

  it('names every option of every command, and no other', async () => {
    const options = async (command: string) => {
      const { stdout } = await workspace.run([command, '--help']);
      return new Set([...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option));
    };
    const all = new Set<string>();
    for (const command of COMMANDS) {
      const own = await options(command);
      own.delete('--help');
      const [, section = ''] = new RegExp(`^## ${command}\n(.*?)(?=^## |$(?![^]))`, 'ms').exec(PAGE) ?? [];
      const [, common = ''] = /^## Which clinic\n(.*?)^## /ms.exec(PAGE) ?? [];
      const unnamed = [...own].filter((option) => !`${section}${common}`.includes(`\`${option}`));
      expect([command, unnamed]).toEqual([command, []]);
      for (const option of own) all.add(option);
    }
    const named = [...PAGE.matchAll(/`(--[\w-]+)/g)].map(([, option = '']) => option);
    expect(named.filter((option) => !all.has(option))).toEqual([]);
  });

  it('promises the exit statuses that there are', () => {
    const promised = [...PAGE.matchAll(/^\| (\d+) \| /gm)].map(([, status]) => Number(status));
    expect(promised).toEqual(Object.values(EXIT));
  });
});
