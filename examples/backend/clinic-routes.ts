/** What a clinic can be asked, each route one call of the library. */
import { toIso, type ClinicSync, type Slot, type SlotAnswer } from 'clinic-sync';
import { Hono, type Context } from 'hono';

import { followEvents } from './follow-events.js';
import { bodyOf, filterOf, keyOf, slotOf } from './input.js';
import { refuse } from './problems.js';
import { sendAll } from './server-sent.js';

/** The clinic that the path names is looked up before any route runs. */
export type ClinicEnv = { Variables: { sync: ClinicSync } };

const iso = (instant: number | null) => (instant === null ? null : toIso(instant));

const slotBody = ({ practitionerId, locationId, start, end, zone }: Slot) => ({
  practitionerId,
  locationId,
  start: toIso(start),
  end: toIso(end),
  zone,
});

const answerBody = ({ slot, state, freshness, verifiedAt }: SlotAnswer) => ({
  slot: { practitionerId: slot.practitionerId, start: toIso(slot.start), end: toIso(slot.end) },
  state,
  freshness,
  verifiedAt: iso(verifiedAt),
});

/** Where the outcome of a booking can be asked for. */
const bookingPath = (c: Context<ClinicEnv>, key: string) =>
  `${c.req.path.replace(/\/bookings.*$/, '')}/bookings/${encodeURIComponent(key)}`;

export const clinicRoutes = new Hono<ClinicEnv>()
  .get('/status', (c) => {
    const { since, verifiedAt, ...status } = c.var.sync.status;
    return c.json({ ...status, since: iso(since), verifiedAt: iso(verifiedAt) });
  })

  .get('/availability', async (c) => {
    const answer = await c.var.sync.availability(filterOf(c));
    if (answer.isErr()) return refuse(c, answer.error);
    const { slots, next, freshness, verifiedAt } = answer.value;
    return c.json({ slots: slots.map(slotBody), next, freshness, verifiedAt: iso(verifiedAt) });
  })

  .get('/slots/:practitioner/:start/:end', async (c) => {
    const answer = await c.var.sync.slot(slotOf(c));
    return answer.isErr() ? refuse(c, answer.error) : c.json(answerBody(answer.value));
  })

  /** Server-sent events `slot`, while a person fills in the form. */
  .get('/slots/:practitioner/:start/:end/watch', async (c) => {
    const slot = slotOf(c);
    const first = await c.var.sync.slot(slot);
    if (first.isErr()) return refuse(c, first.error);
    const watched = c.var.sync.watchSlot(slot);
    return sendAll(
      c,
      () => watched,
      (answer) => ({ event: 'slot', data: JSON.stringify(answerBody(answer)) }),
    );
  })

  /** Keeps a slot from others online; the booking takes it over with the same key. */
  .post('/holds', async (c) => {
    const key = keyOf(c);
    if (key.isErr()) return refuse(c, key.error);
    const body = await bodyOf(c);
    if (body.isErr()) return refuse(c, body.error);
    const { slot, ttlMs } = body.value;
    const hold = await c.var.sync.hold({ slot, idempotencyKey: key.value, ...(ttlMs !== undefined && { ttlMs }) });
    return hold.isErr() ? refuse(c, hold.error) : c.json({ until: toIso(hold.value.until) }, 201);
  })

  .delete('/holds/:key', async (c) => {
    const released = await c.var.sync.release(c.req.param('key'));
    return released.isErr() ? refuse(c, released.error) : c.body(null, 204);
  })

  /** 201 once the clinic has it. 202 `InDoubt`: ask where `Location` says, or send the same again. */
  .post('/bookings', async (c) => {
    const key = keyOf(c);
    if (key.isErr()) return refuse(c, key.error);
    const body = await bodyOf(c);
    if (body.isErr()) return refuse(c, body.error);
    const { slot, details } = body.value;
    const booked = await c.var.sync.book({ slot, idempotencyKey: key.value, ...(details && { details }) });
    c.header('Location', bookingPath(c, key.value));
    if (booked.isErr()) return refuse(c, booked.error);
    return c.json({ result: 'booked', appointment: booked.value.row }, 201);
  })

  .get('/bookings/:key', async (c) => {
    const outcome = await c.var.sync.outcome(c.req.param('key'));
    if (outcome.isErr()) return refuse(c, outcome.error);
    if (outcome.value.result === 'booked') return c.json({ result: 'booked', appointment: outcome.value.row });
    return c.json({ result: outcome.value.result }, outcome.value.result === 'unknown' ? 404 : 200);
  })

  /** Deletes the appointment that a booking made, in that version: what the desk has changed since is left alone. */
  .delete('/bookings/:key', async (c) => {
    const key = keyOf(c);
    if (key.isErr()) return refuse(c, key.error);
    const outcome = await c.var.sync.outcome(c.req.param('key'));
    if (outcome.isErr()) return refuse(c, outcome.error);
    if (outcome.value.result !== 'booked') return c.json({ result: outcome.value.result }, 404);
    const deleted = await c.var.sync.delete({ ...outcome.value.row, idempotencyKey: key.value });
    return deleted.isErr() ? refuse(c, deleted.error) : c.json({ result: 'deleted' });
  })

  /** The whole copy and the cursor that it is of: `/events?after=<cursor>` goes on from exactly here. */
  .get('/snapshot', async (c) => {
    const snapshot = await c.var.sync.snapshot();
    if (snapshot.isErr()) return refuse(c, snapshot.error);
    const { rows, cursor } = snapshot.value;
    return c.json({ cursor, rows: rows.map(({ row, fingerprint }) => ({ ...row, fingerprint })) });
  })

  .get('/events', (c) => followEvents(c, c.var.sync));
