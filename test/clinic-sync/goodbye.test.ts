/** Adapters that answer late, or take their time to close: no link is forgotten, and no two are open at once. */
import { ResultAsync } from 'neverthrow';
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { fault } from '../../src/domain/errors.js';
import { SECOND } from '../../src/domain/instant.js';
import { ClinicSync } from '../../src/index.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const EPOCH = Date.UTC(2026, 10, 23, 2);

/** `connectMs`, `closeMs`: how long the adapter takes, whatever its signal says. */
function slowClinic({ connectMs, closeMs }: { readonly connectMs: number; readonly closeMs: number }) {
  const time = new VirtualTime();
  const runtime = new VirtualProcess(time, { epoch: EPOCH, random: () => 0.5, name: 'test' });
  const clinic = new MemoryClinic('clinic', () => Math.round(EPOCH + time.now));
  const wait = (ms: number, fire: () => void) => time.after(ms, fire);
  const plain = memoryAdapter({ clinic, zone: 'Australia/Melbourne', wait });
  const links: ClinicLink[] = [];
  let [open, most] = [0, 0];
  const slow = (ms: number) => ResultAsync.fromSafePromise(time.wait(ms));
  const adapter: ClinicAdapter = {
    ...plain,
    connect: ({ clinicId }) =>
      slow(connectMs)
        .andThen(() => plain.connect({ clinicId, signal: new AbortController().signal }))
        .map((link) => {
          most = Math.max(most, ++open);
          const { close } = link;
          link.close = () => slow(closeMs).andThen(() => (open--, close.call(link)));
          links.push(link);
          return link;
        }),
  };
  const sync = new ClinicSync({ clinicId: 'c', adapter, runtime });
  const done = async (work: Promise<unknown> | ResultAsync<unknown, unknown>, withinMs: number) => {
    let isDone = false;
    void Promise.resolve(work).then(() => (isDone = true));
    await time.runUntilDone(() => isDone, time.now + withinMs);
    expect(isDone).toBe(true);
  };
  return { time, sync, links, done, counts: () => ({ open, most }) };
}

describe('a link', () => {
  it('that comes after stop() is closed before stop() answers', async () => {
    const { time, sync, links, done, counts } = slowClinic({ connectMs: 300, closeMs: 100 });
    void sync.start();
    await time.runUntil(100);
    await done(sync.stop(), SECOND);
    expect(links).toHaveLength(1);
    expect(counts().open).toBe(0);
  });

  it('that never comes does not keep stop() waiting for long', async () => {
    const { time, sync, done } = slowClinic({ connectMs: 1_000 * SECOND, closeMs: 0 });
    void sync.start();
    await time.runUntil(100);
    await done(sync.stop(), 6 * SECOND);
  });

  it('is asked for when the last one has said goodbye', async () => {
    const { time, sync, links, done, counts } = slowClinic({ connectMs: 1, closeMs: 900 });
    await done(sync.start(), SECOND);
    for (const nth of [1, 2, 3]) {
      links.at(-1)?.events.emit('lost', fault('ClinicUnreachable'));
      expect(sync.status.phase).toBe('offline');
      await time.runUntil(time.now + 10 * SECOND);
      expect([sync.status.phase, links.length]).toEqual(['live', nth + 1]);
    }
    expect(counts().most).toBe(1);
    await done(sync.stop(), SECOND);
    expect(counts().open).toBe(0);
  });
});
