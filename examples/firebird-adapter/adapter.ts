import type { ClinicAdapter } from 'clinic-sync';

import { openLink } from './link.js';
import { checkOptions, mappingIdOf, type FirebirdOptions } from './options.js';
import { attempt } from './results.js';

export { eventTriggers } from './hints.js';
export type { FirebirdBooking, FirebirdOptions, FirebirdSchema, FirebirdTable } from './options.js';
export type { FirebirdLogin, FirebirdPlace } from './driver.js';

/**
 * An adapter to a Firebird database (run against 3.0 and 4.0) of tables whose times are TIMESTAMPs on the clinic's wall. Throws
 * `InvalidArgument` for a zone that is none.
 *
 * Firebird has no lock that one session can hold for another to find, so nothing but the host keeps two processes apart.
 */
export function firebirdAdapter(options: FirebirdOptions): ClinicAdapter {
  checkOptions(options);
  const { schema } = options;
  return {
    engine: 'firebird',
    mappingId: mappingIdOf(schema),
    zone: schema.zone,
    hasSessions: schema.sessions !== undefined,
    connect: ({ signal }) => attempt(signal, 'connecting', () => openLink(options, signal)),
  };
}
