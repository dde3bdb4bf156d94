/** Two people online and one at the desk want the same slot in the same instant. Whatever comes of it, one appointment stands. */
import { ClinicSync } from 'clinic-sync';

import { clock, Practice, started } from '../practice/practice.js';

const practice = new Practice(['dr-lee']);
const sync = await started(new ClinicSync({ clinicId: 'northcote', adapter: practice.adapter() }));
const answer = await sync.availability({ limit: 4 });
if (answer.isErr()) throw answer.error;

const wins = new Map<string, number>();
for (const [round, slot] of answer.value.slots.entries()) {
  const time = clock(slot.start);
  const end = clock(slot.end);
  const asked = ['ann', 'bob'].map((who) => ({ who, answer: sync.book({ slot, idempotencyKey: `${who}-${time}` }) }));
  // In every other round the desk is quicker.
  if (round % 2 === 0) practice.book('dr-lee', time, end);
  const outcomes = await Promise.all(
    asked.map(async ({ who, answer: outcome }) => {
      const settled = await outcome;
      return { who, won: settled.isOk(), text: settled.isOk() ? 'booked' : settled.error.code };
    }),
  );
  const rows = practice.at('dr-lee', time);
  const winner = outcomes.find(({ won }) => won)?.who ?? 'the desk';
  wins.set(winner, (wins.get(winner) ?? 0) + 1);
  console.log(
    `${time}: ${outcomes.map(({ who, text }) => `${who} ${text}`).join(', ')}; the table has ${String(rows.length)} appointment(s), of ${winner}`,
  );
  if (rows.length !== 1) process.exitCode = 1;
}
console.log([...wins].map(([who, count]) => `${who} won ${String(count)}`).join(', '));

await sync.stop();
practice.close();
