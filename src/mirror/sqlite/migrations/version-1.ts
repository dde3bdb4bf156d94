import { sql, type ColumnDefinitionBuilder, type CreateTableBuilder } from 'kysely';

import type { Migration } from '../migrate.js';
import { builder } from '../statement.js';

const must = (column: ColumnDefinitionBuilder) => column.notNull();
/** SQLite gives a number that was deleted to the next row unless told otherwise. */
const number = (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement();

const clustered = (table: CreateTableBuilder<string, string>) => table.modifyEnd(sql`strict, without rowid`);

export const version1: Migration = (connection) => {
  const { schema } = builder;
  connection.execute(
    schema
      .createTable('clinic')
      .addColumn('n', 'integer', number)
      .addColumn('clinic_id', 'text', (column) => column.unique())
      .addColumn('epoch', 'integer', must)
      .addColumn('head', 'integer', must)
      .addColumn('copy', 'integer', must)
      .addColumn('facts', 'text', must)
      .modifyEnd(sql`strict`),
  );
  connection.execute(
    clustered(
      schema
        .createTable('incarnation')
        .addColumn('clinic', 'integer', must)
        .addColumn('epoch', 'integer', must)
        .addColumn('id', 'text', must)
        .addColumn('from_seq', 'integer', must)
        .addPrimaryKeyConstraint('incarnation_key', ['clinic', 'epoch']),
    ),
  );
  connection.execute(
    schema
      .createTable('copy')
      .addColumn('n', 'integer', number)
      .addColumn('clinic', 'integer', must)
      .modifyEnd(sql`strict`),
  );
  connection.execute(
    clustered(
      schema
        .createTable('rows')
        .addColumn('copy', 'integer', must)
        .addColumn('stream', 'integer', must)
        .addColumn('practitioner', 'text', must)
        .addColumn('long', 'integer', must)
        .addColumn('start', 'integer', must)
        .addColumn('id', 'text', must)
        .addColumn('end', 'integer', must)
        .addColumn('kind', 'text', must)
        .addColumn('practitioners', 'text')
        .addColumn('location', 'text')
        .addColumn('zone', 'text', must)
        .addColumn('slot_ms', 'integer')
        .addColumn('hash', 'text', must)
        .addColumn('fingerprint', 'text', must)
        .addPrimaryKeyConstraint('rows_key', ['copy', 'stream', 'practitioner', 'long', 'start', 'id']),
    ),
  );
  connection.execute(schema.createIndex('rows_by_id').on('rows').columns(['copy', 'stream', 'id']));
  connection.execute(
    clustered(
      schema
        .createTable('log')
        .addColumn('clinic', 'integer', must)
        .addColumn('seq', 'integer', must)
        .addColumn('at', 'integer', must)
        .addColumn('body', 'text', must)
        .addPrimaryKeyConstraint('log_key', ['clinic', 'seq']),
    ),
  );
};
