import type { ClinicRow } from 'clinic-sync';
import { registerAdapterConformance, type AdapterHarness, type Writing } from 'clinic-sync/testing';
import { describe, it } from 'vitest';

import { diaryAdapter } from './adapter.js';
import { Diary, type Entry } from './diary.js';
import { writeTime } from './rows.js';

const ZONE = 'Australia/Melbourne';

type Change = (entries: readonly Entry[]) => readonly Entry[];

/** What the receptionist writes, so that the adapter has to tell exactly this row. */
const entryOf = ({ id, practitionerIds, locationId: room, start, end }: ClinicRow): Entry => ({
  id,
  doctor: practitionerIds[0] ?? null,
  room,
  from: writeTime(start, ZONE),
  to: writeTime(end, ZONE),
  token: null,
});

/** She writes straight into the diary, past the adapter. */
const writing = (change: (change: Change) => Promise<void>): Writing => ({
  insert: async (rows) => {
    await change((entries) => [...entries, ...rows.map(entryOf)]);
    return rows;
  },
  update: (rows) =>
    change((entries) => entries.map((old) => rows.filter(({ id }) => id === old.id).map(entryOf)[0] ?? old)),
  remove: (keys) => change((entries) => entries.filter((old) => !keys.some(({ id }) => id === old.id))),
});

const harness: AdapterHarness = {
  create: async () => {
    const diary = new Diary();
    const atOnce = (change: Change) => diary.execute((entries) => ({ entries: change(entries), answer: undefined }));
    return {
      adapter: diaryAdapter(diary, ZONE),
      another: () => diaryAdapter(diary, ZONE),
      zone: ZONE,
      receptionist: {
        ...writing(atOnce),
        // The diary has no transactions, so what belongs to one is kept back until it ends.
        begin: async () => {
          const changes: Change[] = [];
          return {
            ...writing(async (change) => void changes.push(change)),
            commit: () => atOnce((entries) => changes.reduce((done, change) => change(done), entries)),
            rollback: async () => undefined,
          };
        },
        spoil: ({ id }) => atOnce((entries) => entries.map((old) => (old.id === id ? { ...old, doctor: null } : old))),
      },
      dispose: async () => undefined,
    };
  },
};

registerAdapterConformance(
  { describe, it },
  {
    name: 'diary',
    harness,
    capabilities: {
      // What the adapter offers.
      sessions: false,
      blockouts: false,
      readKeys: false,
      digest: false,
      pulse: false,
      awaitPulse: false,
      newKeys: false,
      snapshot: false,
      push: false,
      describe: false,
      writes: true,
      tokens: true,
      // What the clinic's database can hold.
      multiplePractitioners: false,
      texts: true,
      lateCommits: false,
      // What the harness can do.
      lost: false,
      undecodable: true,
      stall: false,
    },
  },
);
