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
      .addColumn('closed_at', 'integer')
      .addColumn('body', 'text', must)
      .addColumn('sum', 'text', must)
      .addPrimaryKeyConstraint('intent_key', ['clinic', 'key'])
      .modifyEnd(sql`strict, without rowid`),
  );
  // For the next place; and for those that are open, in order, and those that were closed long ago.
  connection.execute(builder.schema.createIndex('intent_by_place').on('intent').columns(['clinic', 'place']));
  connection.execute(
    builder.schema.createIndex('intent_by_end').on('intent').columns(['clinic', 'closed_at', 'place']),
  );
};
