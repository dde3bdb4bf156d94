import { createHash } from 'node:crypto';

import { fault, isZone } from 'clinic-sync';

import type { FirebirdLogin, FirebirdPlace } from './driver.js';

/** A table or view of the clinic's, and what its columns mean. Names are taken as they are written, else in capitals. */
export interface FirebirdTable {
  readonly table: string;
  /** The primary key: a whole number or a text. */
  readonly id: string;
  readonly practitioner: string;
  readonly location?: string;
  /** Columns of type TIMESTAMP: the time on the clinic's wall. */
  readonly start: string;
  readonly end: string;
}

/** How an appointment is written; columns that are not named here are left to the table's defaults and triggers. */
export interface FirebirdBooking {
  /** A text column of at least 22 characters: without one a doubt about a booking cannot be settled. */
  readonly token?: string;
  readonly patient?: string;
  readonly type?: string;
  readonly reason?: string;
  /** The generator that gives a new row its id, where no trigger or identity column does. */
  readonly generator?: string;
}

export interface FirebirdSchema {
  /** The IANA zone of the clinic's wall. */
  readonly zone: string;
  /** The zone that the server's own clock is set to. Default: `zone`. */
  readonly clockZone?: string;
  readonly appointments: FirebirdTable & { readonly booking?: FirebirdBooking };
  readonly blockouts?: FirebirdTable;
  readonly sessions?: FirebirdTable & { readonly slotMinutes?: string };
}

export interface FirebirdOptions {
  readonly connection: FirebirdPlace & FirebirdLogin;
  readonly schema: FirebirdSchema;
  /** True: the login of `connection` books and deletes as well; or another login that does. Default false. */
  readonly write?: boolean | FirebirdLogin;
  /** The event that the clinic's triggers post, see `eventTriggers`; with it, changes are told without being asked for. */
  readonly event?: string;
}

export const LABELS = ['appointments', 'blockouts', 'sessions'] as const;
export type Label = (typeof LABELS)[number];

/** Throws for a zone that is none. */
export function checkOptions({ schema }: FirebirdOptions): void {
  for (const field of ['zone', 'clockZone'] as const) {
    const zone = schema[field];
    if (zone !== undefined && !isZone(zone))
      throw fault('InvalidArgument', `schema.${field} must be an IANA zone.`, { field: `schema.${field}` });
  }
}

/** Another mapping has another one. How bookings are written is no part of it. */
export function mappingIdOf({ zone, appointments, blockouts, sessions }: FirebirdSchema): string {
  const { table, id, practitioner, location, start, end } = appointments;
  const mapped = [zone, [table, id, practitioner, location, start, end], blockouts, sessions];
  return createHash('sha256').update(JSON.stringify(mapped)).digest('hex').slice(0, 16);
}
