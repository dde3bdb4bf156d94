import { describe, expect, it } from 'vitest';

import { Progress } from '../../src/cli/terminal/progress.js';

/** What a stream was given; on a terminal, the line that stands there at the end. */
function screen(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  return { stream, written, line: () => written.join('').split('\r\u001b[K').at(-1) ?? '' };
}

describe('progress', () => {
  it('on a terminal: one line, written anew, with a bar where the whole is known', () => {
    const { stream, line } = screen(true);
    const progress = new Progress(stream, 'read', 200_000);
    progress.update(50_000);
    progress.end();
    progress.end();
    expect(line()).toMatch(/^read █{6}░{18} 50,000 of 200,000 rows, [\d,]+ a second, .+ left\n$/);
  });

  it('is full at the end, and no fuller', () => {
    const { stream, line } = screen(true);
    const progress = new Progress(stream, 'read', 10);
    progress.update(12);
    progress.end();
    expect(line()).toContain(`${'█'.repeat(24)} 12 of 10 rows`);
  });

  it('where the whole is not known: a count alone', () => {
    const { stream, line } = screen(true);
    const progress = new Progress(stream, 'read', undefined);
    progress.update(7);
    progress.end();
    expect(line()).toMatch(/^read 7 rows, [\d,]+ a second\n$/);
  });

  it('elsewhere: nothing for what is over soon', () => {
    const { stream, written } = screen(false);
    const progress = new Progress(stream, 'read', 10);
    for (let rows = 0; rows < 10; rows++) progress.update(rows);
    progress.end();
    expect(written).toEqual([]);
  });
});
