import { sql, type ColumnDefinitionBuilder } from 'kysely';

import type { Migration } from '../migrate.js';
import { builder } from '../statement.js';

const must = (column: ColumnDefinitionBuilder) => column.notNull();

/** Records of bookings and deletions. */
export const version2: Migration = (connection) => {
  connection.execute(
    builder.schema
      .createTable('intent')
      .addColumn('clinic', 'integer', must)
      .addColumn('key', 'text', must)
      .addColumn('place', 'integer', must)
      .addColumn('kept_until', 'integer')
      .addColumn('booked', 'text')
      .addColumn('body', 'text', must)
      .addColumn('sum', 'text', must)
      .addPrimaryKeyConstraint('intent_key', ['clinic', 'key'])
      .modifyEnd(sql`strict, without rowid`),
  );
  // For the next place; for those that are open, in order, and those that are old; and for rows that we booked.
  connection.execute(builder.schema.createIndex('intent_by_place').on('intent').columns(['clinic', 'place']));
  connection.execute(
    builder.schema.createIndex('intent_by_end').on('intent').columns(['clinic', 'kept_until', 'place']),
  );
  connection.execute(builder.schema.createIndex('intent_by_row').on('intent').columns(['clinic', 'booked']));
};
