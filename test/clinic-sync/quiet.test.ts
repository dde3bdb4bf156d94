/** At a clinic where nothing happens, each pulse tells something that no other one has. */
import { describe, expect, it } from 'vitest';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import { memoryAdapter, MemoryClinic } from '../../src/adapters/memory/index.js';
import { MINUTE } from '../../src/domain/instant.js';
import { ClinicSync } from '../../src/index.js';
import { VirtualProcess, VirtualTime } from '../../src/testing/virtual-time.js';

const EPOCH = Date.UTC(2026, 10, 23, 2);
/** Timers of a server are early by some. */
const EARLY_MS = 5;

/** How many pulses there are to a look at everything, the look's own included, in the quarter of an hour after ten quiet minutes. */
async function pulsesPerLook(awaitPulse: boolean) {
  const time = new VirtualTime();
  const runtime = new VirtualProcess(time, { epoch: EPOCH, random: () => 0.5, name: 'test' });
  const clinic = new MemoryClinic('clinic', () => Math.round(EPOCH + time.now));
  let [pulses, looks] = [0, 0];
  const noted = (link: ClinicLink): ClinicLink => {
    const { pulse, awaitPulse: waiting, digest } = link;
    link.pulse = (signal) => (pulses++, (pulse as NonNullable<typeof pulse>).call(link, signal));
    if (waiting)
      link.awaitPulse = (base, ms, signal) => (pulses++, waiting.call(link, base, Math.max(1, ms - EARLY_MS), signal));
    link.digest = (read) => {
      if (read.stream === 'busy') looks++;
      return (digest as NonNullable<typeof digest>).call(link, read);
    };
    return link;
  };
  const wait = (ms: number, fire: () => void) => time.after(ms, fire);
  const plain = memoryAdapter({
    clinic,
    zone: 'Australia/Melbourne',
    capabilities: { push: false, snapshot: false, awaitPulse },
    wait,
  });
  const adapter: ClinicAdapter = { ...plain, connect: (options) => plain.connect(options).map(noted) };
  const sync = new ClinicSync({ clinicId: 'c', adapter, runtime });
  let isLive = false;
  void sync.start().then(() => (isLive = true));
  await time.runUntilDone(() => isLive, MINUTE);
  await time.runUntil(11 * MINUTE);
  pulses = looks = 0;
  await time.runUntil(26 * MINUTE);
  const each = pulses / looks;
  let isStopped = false;
  void sync.stop().then(() => (isStopped = true));
  await time.runUntilDone(() => isStopped, 30 * MINUTE);
  return each;
}

describe('a quiet clinic', () => {
  it.each([
    ['polled every 200 ms', false, 50],
    ['whose server waits for two seconds', true, 6],
  ])('%s is not asked for a pulse just before a look', async (_, waits, most) => {
    const each = await pulsesPerLook(waits);
    expect(each).toBeGreaterThan(most - 1);
    expect(each).toBeLessThan(most + 0.5);
  });
});
