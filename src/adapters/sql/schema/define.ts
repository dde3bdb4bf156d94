import { resolveSchema } from './resolve.js';
import type { ClinicSchema } from './schema.js';

/**
 * A clinic's database in one typed object, checked as far as it can be without the database: names that mean nothing, values that cannot
 * be meant. Throws `InvalidArgument`, whose `field` is the path (`schema.appointments.start.date`) and whose message says what
 * would be right. What the database has to say is found when the adapter connects: `SchemaMismatch`, with the names most like.
 */
export function defineClinicSchema<const S extends ClinicSchema>(schema: S): S {
  resolveSchema(schema);
  return schema;
}
