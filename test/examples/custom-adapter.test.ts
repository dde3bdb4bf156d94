/** The adapter of docs/WRITING-AN-ADAPTER.md passes the suite as its reader will run it. */
import '../../examples/custom-adapter/conformance.test.js';

import { expect, it } from 'vitest';

import { diaryAdapter } from '../../examples/custom-adapter/adapter.js';
import { Diary } from '../../examples/custom-adapter/diary.js';
import { ClinicSync } from '../../src/index.js';

it('a host follows the diary with it', async () => {
  const diary = new Diary();
  const write = (id: string, from: string, to: string) =>
    diary.execute((entries) => ({
      entries: [...entries, { id, doctor: 'dr-lee', room: null, from, to, token: null }],
      answer: undefined,
    }));
  await write('1', '2099-11-23 09:00', '2099-11-23 09:15');
  const sync = new ClinicSync({
    clinicId: 'diary',
    adapter: diaryAdapter(diary, 'Australia/Melbourne'),
    tuning: { sweepMs: 50 },
  });
  const told: string[] = [];
  sync.on('appointment.created', ({ row }) => told.push(row.id));
  const started = await sync.start();
  expect(started.isOk() && started.value.phase).toBe('live');
  await write('2', '2099-11-23 09:30', '2099-11-23 09:45');
  await expect.poll(() => told).toEqual(['2']);
  await sync.stop();
});
