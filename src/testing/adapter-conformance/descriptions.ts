import assert from 'node:assert/strict';

import { TOPICS, type ClinicDescription } from '../../domain/description.js';
import { HOUR, MINUTE } from '../../domain/instant.js';
import { eventually, NEVER, ok, pause, refused, rowsOf, sameRows, within, type Bench, type Case } from './bench.js';
import { MONDAY } from './samples.js';

const NOON = MONDAY + 12 * HOUR;
/** Sooner than any lock that somebody holds would have been waited for. */
const AT_ONCE_MS = 1_900;

function ask({ clinic: { adapter } }: Bench, signal: AbortSignal = NEVER) {
  const { describe } = adapter;
  return describe ? describe.call(adapter, signal) : assert.fail('describe is declared and not offered');
}

const described = (bench: Bench): Promise<ClinicDescription> => ok(ask(bench));

const cases: readonly Case[] = [
  {
    name: 'a description names the engine and its version, and has findings in the order of their topics',
    async run(bench) {
      const { engine, version, findings } = await described(bench);
      assert.equal(engine, bench.clinic.adapter.engine);
      assert.notEqual(version, '');
      assert.notEqual(findings.length, 0, 'nothing was found');
      for (const { topic, found, better } of findings) {
        assert.ok(TOPICS.includes(topic), topic);
        assert.match(found, /\S/);
        if (better) assert.match(better.gain, /\S/);
      }
      const order = findings.map(({ topic }) => TOPICS.indexOf(topic));
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
      );
    },
  },
  {
    name: 'describe works beside a running link, several times at once, and does it no harm',
    async run(bench) {
      const rows = await bench.receptionist.insert(bench.make.rows(5));
      const link = await bench.connect();
      let lost = 0;
      link.events.on('lost', () => lost++);
      sameRows(await rowsOf(link), rows);
      const [first, second] = await Promise.all([described(bench), described(bench), rowsOf(link)]);
      assert.equal(first.version, second.version);
      sameRows(await rowsOf(link), rows, 'describing changed rows');
      await ok(link.now(NEVER));
      assert.equal(lost, 0);
    },
  },
  {
    name: 'describe waits for nobody: a transaction that a receptionist has open is not in its way, nor it in hers',
    async run(bench) {
      const row = await bench.insert();
      const open = await bench.receptionist.begin();
      const [another] = await open.insert([bench.make.row({ start: NOON })]);
      const moved = { ...row, start: row.start + HOUR, end: row.end + HOUR };
      await open.update([moved]);
      const began = performance.now();
      await described(bench);
      assert.ok(performance.now() - began < AT_ONCE_MS, 'it waited');
      await within(open.commit());
      const link = await bench.connect();
      sameRows(await rowsOf(link), another ? [moved, another] : [moved]);
    },
  },
  {
    name: 'describe leaves nothing open',
    async run(bench) {
      const { openConnections } = bench.clinic;
      await described(bench);
      if (openConnections) await eventually('nothing is open', async () => (await openConnections()) === 0);
    },
  },
  {
    name: 'a description tells nothing of a row or of a person, and no secret',
    async run(bench) {
      const { texts, writes } = bench.capabilities;
      const secrets = texts ? ['Dr-Zyx-Example', 'Room-Qwv'] : ['735019', '28642'];
      const [practitioner = '', place = ''] = secrets;
      await bench.insert({ practitionerIds: [practitioner], locationId: place });
      if (writes) {
        const link = await bench.connect();
        const writer = link.writer ?? assert.fail('writes are declared and not offered');
        const slot = { practitionerId: practitioner, locationId: null, start: NOON, end: NOON + 15 * MINUTE };
        const patient = texts ? 'Patient-Jkq' : '912837465';
        const details = Object.fromEntries(writer.details.map((detail) => [detail, patient]));
        const order = { slot, token: 'token-Hgf', deadline: (await ok(link.now(NEVER))) + HOUR, signal: NEVER };
        const fits = writer.check(slot, details).isOk();
        assert.equal((await ok(writer.book({ ...order, details: fits ? details : {} }))).outcome, 'booked');
        secrets.push(patient, order.token);
      }
      const text = JSON.stringify(await described(bench));
      for (const secret of [...secrets, ...(bench.clinic.secrets ?? [])])
        assert.ok(!text.includes(secret), `it tells ${secret}`);
    },
  },
  {
    name: 'describe ends with its signal',
    async run(bench) {
      assert.equal(await refused(ask(bench, AbortSignal.abort())), 'Aborted');
      for (const delayMs of [0, 1, 5]) {
        const ending = new AbortController();
        const asked = ask(bench, ending.signal);
        if (delayMs > 0) await pause(delayMs);
        ending.abort();
        const outcome = await within(asked, AT_ONCE_MS);
        // It may have been done already.
        if (outcome.isErr()) assert.equal(outcome.error.code, 'Aborted');
      }
      await described(bench);
    },
  },
];

export const descriptionCases: readonly Case[] = cases.map((test) => ({ ...test, needs: ['describe'] as const }));
