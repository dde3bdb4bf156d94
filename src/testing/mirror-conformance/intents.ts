import assert from 'node:assert/strict';

import type { Intent } from '../../domain/intent.js';
import type { ClinicMirror } from '../../mirror/mirror.js';
import { change, CLINIC, commit, contents, ok, refused, type Case } from './bench.js';
import { HOSTILE, makeEvent, makeRows, MONDAY } from './samples.js';

function makeIntent(key: string, parts: Partial<Intent> = {}): Intent {
  return {
    key,
    wish: { kind: 'booking', slot: { practitionerId: 'amy', locationId: null, start: MONDAY, end: MONDAY + 1 } },
    state: 'sent',
    requestHash: 'f'.repeat(64),
    token: `token-${key}`,
    deadline: MONDAY,
    row: null,
    recordedAt: MONDAY,
    outcome: null,
    closedAt: null,
    ...parts,
  };
}

const closedAt = (key: string, at: number): Intent =>
  makeIntent(key, { state: 'closed', outcome: { result: 'refused', code: 'NotMade' }, closedAt: at });

const openKeys = async (clinic: ClinicMirror) => (await ok(clinic.openIntents())).map(({ key }) => key);

export const intentCases: readonly Case[] = [
  {
    name: 'an intent is kept with its commit, as it was, and survives a crash',
    async run(bench) {
      const clinic = await bench.open();
      const intent = makeIntent('k', { row: { id: '7', fingerprint: 'f1:x' } });
      await commit(clinic, { puts: makeRows(1), events: [makeEvent(1)], intents: [intent] });
      const after = await bench.crash();
      assert.deepEqual(await ok(after.intent('k')), intent);
      assert.deepEqual(await ok(after.openIntents()), [intent]);
      assert.equal(await ok(after.intent('other')), undefined);
    },
  },
  {
    name: 'open intents come in the order of recording, and one that is recorded again keeps its place',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { intents: [makeIntent('c'), makeIntent('a')] });
      await commit(clinic, { intents: [makeIntent('b')] });
      await commit(clinic, { intents: [makeIntent('c', { state: 'withdrawing' }), closedAt('a', 5)] });
      assert.deepEqual(await openKeys(clinic), ['c', 'b']);
      assert.equal((await ok(clinic.intent('c')))?.state, 'withdrawing');
      assert.deepEqual(await ok(clinic.intent('a')), closedAt('a', 5));
      assert.deepEqual(await openKeys(await bench.crash()), ['c', 'b']);
    },
  },
  {
    name: 'every key is a key of its own',
    async run(bench) {
      const clinic = await bench.open();
      const keys = HOSTILE.filter((text) => text !== '');
      await commit(clinic, { intents: keys.map((key) => makeIntent(key)) });
      const after = await bench.crash();
      assert.deepEqual(await openKeys(after), keys);
      for (const key of keys) assert.equal((await ok(after.intent(key)))?.token, `token-${key}`);
    },
  },
  {
    name: 'a commit that is refused records no intent',
    async run(bench) {
      const takeOver = bench.store.takeOver?.bind(bench.store);
      if (!takeOver) return;
      const clinic = await bench.open();
      await commit(clinic, { intents: [makeIntent('kept')] });
      const successor = await bench.open(CLINIC, await takeOver());
      assert.equal(await refused(clinic.commit(change({ intents: [makeIntent('late')] }))), 'Fenced');
      assert.deepEqual(await openKeys(successor), ['kept']);
    },
  },
  {
    name: 'laying all rows anew keeps the intents, and records those of its commit',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, { puts: makeRows(3), intents: [makeIntent('a')] });
      const writer = await ok(clinic.replaceAll());
      await ok(writer.add(makeRows(2)));
      await ok(writer.commit(change({ intents: [makeIntent('b')] })));
      assert.equal((await contents(clinic)).length, 2);
      assert.deepEqual(await openKeys(await bench.crash()), ['a', 'b']);
    },
  },
  {
    name: 'forgets closed intents from before an instant, and no others',
    async run(bench) {
      const clinic = await bench.open();
      await commit(clinic, {
        intents: [closedAt('old', 9), closedAt('new', 10), makeIntent('open', { recordedAt: 1 })],
      });
      await ok(clinic.trimIntents(10));
      const after = await bench.crash();
      assert.equal(await ok(after.intent('old')), undefined);
      assert.deepEqual(await ok(after.intent('new')), closedAt('new', 10));
      assert.deepEqual(await openKeys(after), ['open']);
    },
  },
  {
    name: 'a booking is known by its row, and kept while its slot is ahead',
    async run(bench) {
      const clinic = await bench.open();
      const booked = (key: string, id: string, end: number) => {
        const row = { id, fingerprint: `f1:${key}` };
        const slot = { practitionerId: 'amy', locationId: null, start: end - 1, end };
        const outcome = { result: 'booked', row } as const;
        return makeIntent(key, { wish: { kind: 'booking', slot }, row, state: 'closed', outcome, closedAt: 5 });
      };
      const ids = HOSTILE.filter((text) => text !== '');
      await commit(clinic, {
        intents: [
          ...ids.map((id, i) => booked(`b${String(i)}`, id, 1_000)),
          booked('over', 'x', 20),
          makeIntent('open', { row: { id: 'y', fingerprint: 'f1:open' } }),
        ],
      });
      assert.deepEqual(await ok(clinic.bookingsOf(['x', 'y', 'z'])), [
        { key: 'over', row: { id: 'x', fingerprint: 'f1:over' } },
      ]);
      assert.deepEqual(await ok(clinic.bookingsOf([])), []);
      await ok(clinic.trimIntents(21));
      const after = await bench.crash();
      assert.deepEqual(await ok(after.bookingsOf(['x'])), []);
      for (const [i, id] of ids.entries()) {
        const row = { id, fingerprint: `f1:b${String(i)}` };
        assert.deepEqual(await ok(after.bookingsOf([id])), [{ key: `b${String(i)}`, row }]);
      }
    },
  },
  {
    name: 'two clinics have intents of their own, and discarding one takes them with it',
    async run(bench) {
      const [clinic, other] = [await bench.open(), await bench.open('other')];
      await commit(clinic, { intents: [makeIntent('k', { token: 'ours' })] });
      await commit(other, { intents: [makeIntent('k', { token: 'theirs' })] });
      assert.equal((await ok(clinic.intent('k')))?.token, 'ours');
      await ok(clinic.close(true));
      await ok(bench.mirror.discard(CLINIC));
      assert.deepEqual(await openKeys(await bench.open()), []);
      assert.equal((await ok(other.intent('k')))?.token, 'theirs');
    },
  },
];
