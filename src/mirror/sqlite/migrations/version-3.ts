import type { Migration } from '../migrate.js';
import { builder } from '../statement.js';

/** How many appointments a session has room for at once. */
export const version3: Migration = (connection) => {
  connection.execute(builder.schema.alterTable('rows').addColumn('capacity', 'integer'));
};
