import { ask, listen, type Reply, type ServerEvent } from './client.js';

interface Desk {
  bookAtTheDesk(from: string, to: string): unknown;
}

/** What a client of the backend does in a minute of its life. `clinic`: the URL of one clinic's routes. */
export async function tellStory(clinic: string, desk: Desk): Promise<void> {
  const leave = new AbortController();
  const { body: status } = await ask('GET', `${clinic}/status`);
  console.log(`the clinic is ${status.phase}, changes are noticed by ${status.capture}`);

  const { body: snapshot } = await ask('GET', `${clinic}/snapshot`);
  const events = listen(`${clinic}/events?after=${snapshot.cursor}`, leave);

  const { body: free } = await ask('GET', `${clinic}/availability?practitioner=dr-lee&limit=3`);
  console.log(`free (${free.freshness}): ${startsOf(free.slots)}`);
  const [first, second] = free.slots;

  // A form is open, and the receptionist is quicker.
  for await (const { data } of listen(`${clinic}/slots/dr-lee/${first.start}/${first.end}/watch`, leave)) {
    console.log(`the slot on the form is ${data.state}`);
    if (data.state !== 'available') break;
    desk.bookAtTheDesk('09:00', '09:15');
  }
  say('a booking of that slot', await ask('POST', `${clinic}/bookings`, { slot: first }, 'form-1'));

  const wish = { slot: second, details: { patient: 'P-17' } };
  say('the next slot', await ask('POST', `${clinic}/bookings`, wish, 'form-2'));
  say('the same sent again', await ask('POST', `${clinic}/bookings`, wish, 'form-2'));
  say('what became of it', await ask('GET', `${clinic}/bookings/form-2`));

  const created = await next(events, 'appointment.created', 2);
  console.log(`events so far: ${created.map(({ data }) => `row ${data.row.id} by ${data.cause}`).join(', ')}`);
  await events.return();

  say('cancelled', await ask('DELETE', `${clinic}/bookings/form-2`, undefined, 'cancel-2'));
  // The connection was gone meanwhile; the log was not.
  const lastEventId = created.at(-1)?.id ?? '';
  const [deleted] = await next(
    listen(`${clinic}/events`, { signal: leave.signal, lastEventId }),
    'appointment.deleted',
    1,
  );
  console.log(`after reconnecting with Last-Event-ID: row ${deleted?.data.row.id} is gone`);

  say('a request without a key', await ask('POST', `${clinic}/bookings`, wish));
  say('a cursor of another log', await ask('GET', `${clinic}/events?after=another.1`));
  leave.abort();
}

const startsOf = (slots: readonly { start: string }[]) => slots.map(({ start }) => start).join(', ');

function say(what: string, { status, body }: Reply): void {
  const { error, appointment, result } = body;
  console.log(`${what}: ${status} ${error?.code ?? `${result}${appointment ? ` as row ${appointment.id}` : ''}`}`);
}

/** The next `count` events of a type. The source stays open unless its loop is left, so it is asked by hand. */
async function next(events: AsyncGenerator<ServerEvent, void, undefined>, type: string, count: number) {
  const found: ServerEvent[] = [];
  while (found.length < count) {
    const { value, done } = await events.next();
    if (done === true) throw new Error(`The stream ended before ${count} × ${type}.`);
    if (value?.event === type) found.push(value);
  }
  return found;
}
