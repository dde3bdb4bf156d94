import type { TestDatabase } from '../../test/servers/postgres.js';

/** Makes so many differences all over the future: edits, deletions and new rows, a third each. */
export function scattered(differences: number, salt: number): (clinic: TestDatabase) => Promise<void> {
  const edits = Math.ceil(differences / 3);
  const deletions = Math.floor((differences - edits) / 2);
  const some = (nth: number, count: number) =>
    `(select id from appt where starts > current_date order by hashint4(id # ${String(salt * 3 + nth)}) limit ${String(count)})`;
  return async ({ admin }) => {
    await admin.query(`update appt set room = room + 1 where id in ${some(0, edits)}`);
    await admin.query(`delete from appt where id in ${some(1, deletions)}`);
    await admin.query(`insert into appt
      select (select max(id) from appt) + row_number() over (), doctor, room, starts + interval '5 minutes', ends, null
      from appt where id in ${some(2, differences - edits - deletions)}`);
  };
}

export const everything = async ({ admin }: TestDatabase): Promise<void> => {
  await admin.query(`update appt set room = room + 1 where starts > current_date`);
};
