import type { ResultSetHeader } from 'mysql2';

import { freshMysqlDatabase } from '../servers/mysql.js';
import type { Desk, Write } from './desk.js';
import type { RawRow } from './schema.js';

const TABLE = `create table appt (id int not null auto_increment primary key, doctor varchar(20) not null, nurse varchar(20) not null,
  room varchar(20) not null, starts datetime not null, ends datetime not null, key (starts))`;

export async function mysqlDesk(serverUrl: string, engine: 'InnoDB' | 'MyISAM'): Promise<Desk> {
  const { admin, reader, readerUrl, drop } = await freshMysqlDatabase(serverUrl);
  await admin.query(`${TABLE} engine = ${engine}`);
  await admin.query(`grant select on appt to ${reader}`);

  const write = async (one: Write): Promise<number> => {
    if (one.type === 'delete') {
      await admin.query('delete from appt where id = ?', [one.id]);
      return one.id;
    }
    const { doctor, nurse, room, starts, ends } = one.values;
    const values = [doctor, nurse, room, starts, ends];
    if (one.type === 'edit') {
      const text = 'update appt set doctor = ?, nurse = ?, room = ?, starts = ?, ends = ? where id = ?';
      await admin.query(text, [...values, one.id]);
      return one.id;
    }
    const text = 'insert into appt (doctor, nurse, room, starts, ends, id) values (?, ?, ?, ?, ?, ?)';
    const [made] = await admin.query<ResultSetHeader>(text, [...values, one.id ?? null]);
    return one.id ?? made.insertId;
  };

  return {
    clinic: { engine: 'mysql', url: readerUrl },
    commit: async (writes) => {
      const ids: number[] = [];
      await admin.query('begin');
      for (const one of writes) ids.push(await write(one));
      await admin.query('commit');
      return ids;
    },
    rows: async () => {
      const [rows] = await admin.query('select id, doctor, nurse, room, starts, ends from appt');
      return rows as RawRow[];
    },
    close: drop,
  };
}
