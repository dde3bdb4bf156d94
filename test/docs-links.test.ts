/** Every relative link, anchor and picture of the documentation leads somewhere, and every page can be found from its index. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => join('docs', name));
const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs];

interface Link {
  readonly line: number;
  readonly target: string;
}

/** Code is no prose; what looks like a link in it is none. Lines stay where they are. */
function proseOf(path: string): string {
  const blank = (text: string) => text.replaceAll(/[^\n]/g, ' ');
  return readFileSync(path, 'utf8')
    .replaceAll(/^(```+|~~~+).*?^\1$/gms, blank)
    .replaceAll(/<!--.*?-->/gs, blank);
}

function linksOf(page: string): Link[] {
  const text = proseOf(join(root, page)).replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/gs, (code) =>
    code.replaceAll(/[[\]()]/g, ' '),
  );
  const patterns = [
    /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, // [text](target), ![alt](target)
    /^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm, // [name]: target
    /<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({
      line: text.slice(0, match.index).split('\n').length,
      target: match[1] ?? '',
    })),
  );
}

/** The anchors that a page has on GitHub: of its headings, a repeated one numbered, and those that it sets itself. */
function anchorsOf(path: string): Set<string> {
  const text = proseOf(path);
  const anchors = new Set([...text.matchAll(/<a\s[^>]*?(?:id|name)="([^"]+)"/g)].map((match) => match[1] ?? ''));
  const seen = new Map<string, number>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = slugOf(heading);
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** As github-slugger has it: markup away, lower case, punctuation away, spaces to hyphens. */
function slugOf(heading: string): string {
  const words = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
  return words
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** What is wrong with a link; nothing where it leads somewhere. */
function faultOf(page: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) {
    return URL.canParse(target) && target.startsWith('https://') ? undefined : 'only https leaves the project';
  }
  const [path = '', anchor] = decodeURIComponent(target).split('#');
  const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
  if (relative(root, file).startsWith('..')) return 'leaves the project';
  if (!existsSync(file)) return 'no such file';
  if (anchor === undefined) return undefined;
  if (!statSync(file).isFile() || !file.endsWith('.md')) return 'an anchor in what is no page';
  return anchorsOf(file).has(anchor) ? undefined : `no such heading; there are ${[...anchorsOf(file)].join(', ')}`;
}

describe.each(PAGES)('the links of %s', (page) => {
  it('lead somewhere', () => {
    const faults = linksOf(page).flatMap(({ line, target }) => {
      const fault = faultOf(page, target);
      return fault === undefined ? [] : [`${page}:${line}: ${target}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });
});

describe('the index of the documentation', () => {
  it('leads to every page', () => {
    const linked = (page: string) => linksOf(page).map(({ target }) => join(dirname(page), target.split('#')[0] ?? ''));
    const found = new Set(['docs/README.md', ...linked('docs/README.md'), ...linked('docs/presets/README.md')]);
    expect(docs.filter((page) => !found.has(page))).toEqual([]);
  });
});

describe('the link checker', () => {
  it('knows a heading by the anchor that GitHub gives it', () => {
    expect(slugOf('What keeps two people out of one chair')).toBe('what-keeps-two-people-out-of-one-chair');
    expect(slugOf('`book`, [delete](x.md) & *more*: 2 × 3?')).toBe('book-delete--more-2--3');
    expect(slugOf('clock.suspect and MirrorInUse')).toBe('clocksuspect-and-mirrorinuse');
  });

  it('sees what leads nowhere', () => {
    expect(faultOf('README.md', 'docs/NOWHERE.md')).toBe('no such file');
    expect(faultOf('README.md', 'docs/CLI.md#nothing')).toContain('no such heading');
    expect(faultOf('README.md', 'http://example.com')).toBe('only https leaves the project');
    expect(faultOf('docs/CLI.md', '../../elsewhere')).toBe('leaves the project');
    expect(faultOf('docs/CLI.md', '#doctor')).toBeUndefined();
  });
});
