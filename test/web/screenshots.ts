/** `npm run screenshots`: the pictures of docs/DEMO.md, taken of the live page as it runs. */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { launchChromium } from './chromium.js';
import { openStage, Visitor } from './stage.js';

const FOLDER = resolve(import.meta.dirname, '../../docs/images');
const DESKTOP = { viewport: { width: 1440, height: 1000 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

const browser = await launchChromium();
const stage = browser && (await openStage('sqlite'));
if (!browser || !stage) process.exit(1);
await mkdir(FOLDER, { recursive: true });

async function shoot({ page }: Visitor, name: string): Promise<void> {
  const path = join(FOLDER, `${name}.png`);
  await page.mouse.move(0, 0);
  await page.screenshot({ path, animations: 'disabled' });
  process.stdout.write(`${name}.png  ${Math.round((await stat(path)).size / 1024)} KB\n`);
}

/** The desk takes the time that a patient's form is open for. */
async function vanish(visitor: Visitor): Promise<void> {
  await visitor.book(await visitor.freeTime(0), 'Mia Torres');
  await visitor.bookings.filter({ hasText: 'as appointment' }).waitFor();
  const time = await visitor.freeTime(1);
  await visitor.slot(time).click();
  await visitor.patient.getByLabel('Your name').fill('Mia Torres');
  await visitor.page.getByText('Free, and watched').waitFor();
  await visitor.bookAtTheDesk(time);
  await visitor.page.getByText('Just taken at the front desk').waitFor();
  await visitor.page.getByText(`taken`, { exact: true }).waitFor();
  await visitor.timeline.filter({ hasText: 'Booked at the desk' }).filter({ hasText: 'after' }).first().waitFor();
}

/** Races until each side has won, so that the timeline shows both. */
async function race(visitor: Visitor): Promise<void> {
  const button = visitor.link.getByRole('button', { name: /^Race both sides for/ });
  const result = visitor.page.getByTestId('race');
  const time = (await button.innerText()).slice(-5);
  await button.click();
  await result.getByText(`${time}:`).waitFor();
}

async function cut(visitor: Visitor): Promise<string> {
  const [ours, theirs] = [await visitor.freeTime(0), await visitor.freeTime(1)];
  await visitor.book(ours, 'Noah Lindgren');
  await visitor.bookings.filter({ hasText: 'as appointment' }).waitFor();
  await visitor.connected.click();
  await visitor.notice.getByText('Online bookings are held').waitFor();
  await visitor.bookAtTheDesk(theirs);
  await visitor.desk.getByRole('button', { name: `Squeeze somebody in at ${ours}` }).click();
  await visitor.book(theirs, 'Noah Lindgren');
  await visitor.bookings.filter({ hasText: 'NotLive' }).waitFor();
  await visitor.timeline.filter({ hasText: 'not heard yet' }).nth(1).waitFor();
  return theirs;
}

try {
  const light = await Visitor.arrive(browser, stage, 0, { ...DESKTOP, colorScheme: 'light' });
  await vanish(light);
  await shoot(light, 'live-page-light');
  await light.leave();

  const dark = await Visitor.arrive(browser, stage, 1, { ...DESKTOP, colorScheme: 'dark' });
  await race(dark);
  const time = await dark.freeTime(1);
  await dark.slot(time).click();
  await dark.page.getByText('Free, and watched').waitFor();
  await dark.patient.getByLabel('Your name').fill('Olivia Brandt');
  await shoot(dark, 'live-page-dark');
  await dark.leave();

  const phone = await Visitor.arrive(browser, stage, 2, { ...PHONE, colorScheme: 'light' });
  await vanish(phone);
  await phone.page.evaluate('document.querySelector("#patient").scrollIntoView()');
  await shoot(phone, 'live-page-phone');
  await phone.leave();

  const outage = await Visitor.arrive(browser, stage, 3, { ...DESKTOP, colorScheme: 'light' });
  await cut(outage);
  await shoot(outage, 'live-page-cut');
  await outage.connected.click();
  await outage.notice.getByText('Settled, with one conflict').waitFor();
  await outage.bookings.filter({ hasText: 'The desk put somebody else' }).waitFor();
  await shoot(outage, 'live-page-resync');
  await outage.leave();
} finally {
  await stage.close();
  await browser.close();
}
// The desk's process and the browser have ended; a server that was given stays.
process.exit();
