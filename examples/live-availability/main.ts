/** A page of free times that is always true: each change at the desk shows as the slots that went and came. */
import { ClinicSync } from 'clinic-sync';
import { firstValueFrom, skip } from 'rxjs';

import { clock, Practice, started } from '../practice/practice.js';

const practice = new Practice();
const sync = await started(new ClinicSync({ clinicId: 'northcote', adapter: practice.adapter() }));

const filter = { practitionerIds: ['dr-lee'], limit: 4 };
const page = sync.watchAvailability(filter);
const watching = page.subscribe(({ slots, came, went, freshness }) => {
  const times = (list: typeof slots) => list.map(({ start }) => clock(start)).join(' ') || '—';
  console.log(`free (${freshness}): ${times(slots)}   went: ${times(went)}   came: ${times(came)}`);
});

/** The desk does something, and the page shows it. */
async function shown(act: () => void): Promise<void> {
  const next = firstValueFrom(page.pipe(skip(1)));
  await firstValueFrom(page);
  act();
  await next;
}

let id = '';
await shown(() => {
  id = practice.book('dr-lee', '09:15', '09:45');
});
await shown(() => practice.book('dr-lee', '09:00', '09:10'));
await shown(() => {
  practice.cancel(id);
});

watching.unsubscribe();
await sync.stop();
practice.close();
