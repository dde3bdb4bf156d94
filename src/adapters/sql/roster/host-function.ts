import { fault } from '../../../domain/errors.js';
import { DAY, MAX_INSTANT, MINUTE, type Instant } from '../../../domain/instant.js';
import type { Decoded } from '../decode.js';
import { isSlotMinutes, ROSTER_DAYS, UNLIMITED, type ResolvedFunction } from '../schema/resolve-sessions.js';
import type { HostSession } from '../schema/sessions.js';
import { laidOut, type Roster, type RosterContext } from './roster.js';

/** Sessions that the host's own code tells. What it throws is a fault of the clinic's, whose message stays with the host. */
export function bindFunction(context: RosterContext, { label, sessions }: ResolvedFunction, zone: string): Roster {
  return {
    label,
    tables: [],
    read: async (_db, cutoff, signal) => {
      const to = cutoff + ROSTER_DAYS * DAY;
      let told: readonly HostSession[];
      try {
        told = await sessions({ from: cutoff, to, signal });
      } catch {
        if (signal.aborted) throw fault('Aborted');
        throw fault('ClinicProtocol', `The function of schema.${label} threw.`, { field: `schema.${label}` });
      }
      return told
        .filter(({ start, end }) => !(end <= cutoff) && !(start >= to))
        .map((session) => layOut(context, label, session, zone));
    },
  };
}

function layOut({ outward, zoneOf }: RosterContext, label: string, session: HostSession, zone: string): Decoded {
  const { practitionerIds, locationId = null, start, end, slotMinutes, capacity = 1 } = session;
  const id = outward(session.id);
  const skip = (field: string, rule: string): Decoded => ({ skipped: { key: { stream: 'session', id }, field, rule } });
  if (typeof session.id !== 'string' || session.id === '') return skip('id', 'not a text');
  const named =
    Array.isArray(practitionerIds) && practitionerIds.every((each) => typeof each === 'string' && each !== '');
  if (!named || practitionerIds.length === 0) return skip('practitionerIds', 'names nobody');
  if (!isInstant(start)) return skip('start', 'not a time');
  if (!isInstant(end)) return skip('end', 'not a time');
  if (end < start) return skip('end', 'ends before it starts');
  if (slotMinutes !== undefined && !isSlotMinutes(slotMinutes)) return skip('slotMinutes', 'not a length in minutes');
  if (!Number.isInteger(capacity) || capacity < 1) return skip('capacity', 'not a whole number above 0');
  return laidOut(label, {
    id,
    practitionerIds,
    locationId,
    start,
    end,
    zone: locationId === null ? zone : zoneOf(locationId),
    slotMs: slotMinutes === undefined ? null : slotMinutes * MINUTE,
    ...(capacity !== 1 && { capacity: Math.min(capacity, UNLIMITED) }),
  });
}

function isInstant(value: Instant): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_INSTANT;
}
