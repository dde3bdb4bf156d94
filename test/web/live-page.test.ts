/** The live page in a real browser, over real databases: what a person would see, held against the clinic's own table. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { Engine } from '../../examples/demo/flags.js';
import { launchChromium } from './chromium.js';
import { openStage, patientsAt, Visitor, type Stage } from './stage.js';

const browser = await launchChromium();
afterAll(() => browser?.close());

const PATIENCE = { timeout: 10_000, interval: 50 };

function onStage(engine: Engine) {
  let stage: Stage;
  let visitor: Visitor | undefined;
  beforeAll(async () => {
    const opened = await openStage(engine);
    if (opened) stage = opened;
  });
  afterEach(async () => {
    const complaints = visitor?.complaints ?? [];
    await visitor?.leave();
    visitor = undefined;
    await stage?.live.scene.throwSwitch(false);
    expect(complaints).toEqual([]);
  });
  afterAll(() => stage?.close());
  return {
    get stage() {
      return stage;
    },
    arrive: async (nth: number, options?: Parameters<Browser['newPage']>[0]) =>
      (visitor = await Visitor.arrive(browser!, stage, nth, options)),
  };
}

const texts = (locator: Visitor['bookings']) => () => locator.allInnerTexts().then((all) => all.join('\n'));

describe.skipIf(!browser).each<Engine>(['sqlite', 'postgres'])('the live page over %s', (engine) => {
  const on = onStage(engine);

  it('shows a slot vanish under an open form, why, and what is still free', async ({ skip }) => {
    if (!on.stage) return skip();
    const visitor = await on.arrive(0);
    const time = await visitor.freeTime(0);
    await visitor.slot(time).click();
    const watch = visitor.page.getByTestId('watch');
    await expect.poll(() => watch.innerText(), PATIENCE).toBe('Free, and watched while you fill this in.');
    await visitor.patient.getByLabel('Your name').fill('Mia Late');
    await visitor.bookAtTheDesk(time);

    await expect
      .poll(() => visitor.patient.getByRole('alert').innerText(), PATIENCE)
      .toBe('Just taken at the front desk, while this form was open. Nothing has been booked.');
    expect(await visitor.patient.getByRole('button', { name: 'Book this time' }).count()).toBe(0);
    await expect.poll(() => visitor.slot(time).count(), PATIENCE).toBe(0);
    await expect
      .poll(texts(visitor.timeline), PATIENCE)
      .toMatch(/Booked at the desk.*Dr Osei\s+after (under )?[\d.]+ ms/s);

    const next = visitor.patient.locator('.alternatives').getByRole('button').first();
    const nextTime = await next.innerText();
    await next.click();
    await visitor.patient.getByLabel('Your name').fill('Mia Late');
    await visitor.patient.getByRole('button', { name: 'Book this time' }).click();
    await expect
      .poll(texts(visitor.bookings), PATIENCE)
      .toMatch(new RegExp(`${nextTime}.*Booked.*as appointment \\d+`, 'is'));
    await expect.poll(() => visitor.row(nextTime).innerText(), PATIENCE).toMatch(/Mia Late\s*online/);
    const day = await visitor.day();
    expect(await patientsAt(on.stage, day, nextTime)).toEqual(['Mia Late']);
    expect(await patientsAt(on.stage, day, time)).not.toContain('Mia Late');
  });

  it('lets both sides race for one slot: one winner, one row', async ({ skip }) => {
    if (!on.stage) return skip();
    const visitor = await on.arrive(1);
    for (let round = 0; round < 3; round++) {
      const button = visitor.link.getByRole('button', { name: /^Race both sides for/ });
      const time = (await button.innerText()).slice(-5);
      await button.click();
      const result = visitor.page.getByTestId('race');
      await expect
        .poll(() => result.innerText(), PATIENCE)
        .toMatch(
          new RegExp(`^${time}: .* (The patient|The desk) won.*In the clinic’s table: 1 appointment at that time`),
        );
      const patientWon = (await result.innerText()).includes('The patient won');
      const sitting = await patientsAt(on.stage, await visitor.day(), time);
      expect(sitting).toEqual([patientWon ? 'Race online' : 'Race at the desk']);
      await expect
        .poll(texts(visitor.bookings), PATIENCE)
        .toMatch(
          patientWon
            ? new RegExp(`${time}[^]*?Booked`, 'i')
            : new RegExp(`${time}[^]*?Nothing was booked: somebody else`),
        );
      // The next one is for another time.
      await expect.poll(() => button.innerText(), PATIENCE).not.toContain(time);
    }
  });

  it('cuts the link, holds bookings, and settles everything when it is back', async ({ skip }) => {
    if (!on.stage) return skip();
    const visitor = await on.arrive(2);
    const day = await visitor.day();
    const [ours, theirs] = [await visitor.freeTime(0), await visitor.freeTime(1)];
    await visitor.book(ours, 'Noah First');
    await expect.poll(texts(visitor.bookings), PATIENCE).toMatch(/Booked/i);

    await visitor.connected.click();
    await expect.poll(() => visitor.notice.innerText(), PATIENCE).toContain('Online bookings are held');
    expect(await visitor.connected.getAttribute('aria-checked')).toBe('false');
    await expect
      .poll(() => visitor.page.getByTestId('freshness').innerText(), PATIENCE)
      .toMatch(/^From our copy, last checked at/);

    await visitor.bookAtTheDesk(theirs);
    await expect.poll(texts(visitor.timeline), PATIENCE).toMatch(/Booked at the desk[^]*?not heard yet/);
    await visitor.desk.getByRole('button', { name: `Squeeze somebody in at ${ours}` }).click();
    await expect.poll(() => patientsAt(on.stage, day, ours).then(({ length }) => length), PATIENCE).toBe(2);
    // The copy does not know, and nothing is promised from it.
    await visitor.book(theirs, 'Noah First');
    await expect
      .poll(texts(visitor.bookings), PATIENCE)
      .toMatch(/Refused\s+Nothing was booked: the clinic cannot be reached right now.* \(NotLive\)/i);

    await visitor.connected.click();
    await expect
      .poll(() => visitor.notice.innerText(), { ...PATIENCE, timeout: 20_000 })
      .toContain('Settled, with one conflict');
    expect(await visitor.notice.innerText()).toMatch(/2 booked, 0 cancelled, 0 moved; [\d,]+ rows compared in \d+/);
    const timeline = await texts(visitor.timeline)();
    expect(timeline).toMatch(/Conflict an online booking and one of the desk’s share a time/);
    expect(timeline).toMatch(/Possible conflict the link was down/);
    expect(timeline).not.toContain('not heard yet');
    await expect.poll(texts(visitor.bookings), PATIENCE).toContain('The desk put somebody else at this time, too.');
    await expect.poll(() => visitor.slot(theirs).count(), PATIENCE).toBe(0);
    expect(await patientsAt(on.stage, day, theirs)).toHaveLength(1);
    expect(await patientsAt(on.stage, day, ours)).toContain('Noah First');
    await expect.poll(() => visitor.page.getByTestId('phase').innerText(), PATIENCE).toBe('Live');
  });

  it('tells the patient what the desk did to a booking', async ({ skip }) => {
    if (!on.stage) return skip();
    const visitor = await on.arrive(3);
    const time = await visitor.freeTime(0);
    await visitor.book(time, 'Olivia Moved');
    await expect.poll(texts(visitor.bookings), PATIENCE).toMatch(/Booked/i);
    await visitor.desk.getByRole('button', { name: `Cancel Olivia Moved, ${time}` }).click();
    await expect.poll(texts(visitor.bookings), PATIENCE).toContain('The practice has cancelled this appointment.');
    await expect.poll(() => visitor.slot(time).count(), PATIENCE).toBe(1);
  });
});

describe.skipIf(!browser)('a booking that the cut link leaves in doubt', () => {
  const on = onStage('postgres');

  it('is said to be in doubt, and settled when the link is back', async ({ skip }) => {
    if (!on.stage) return skip();
    const visitor = await on.arrive(0);
    const time = await visitor.freeTime(0);
    await visitor.slot(time).click();
    await visitor.patient.getByLabel('Your name').fill('Ava Doubt');
    await on.stage.live.scene.throwSwitch(true);
    await visitor.patient.getByRole('button', { name: 'Book this time' }).click();
    await expect
      .poll(texts(visitor.bookings), PATIENCE)
      .toMatch(/Not known yet[^]*We do not know yet whether the clinic has it/i);
    await visitor.connected.click();
    await expect.poll(texts(visitor.timeline), { ...PATIENCE, timeout: 20_000 }).toContain('Doubt settled');
    await expect.poll(texts(visitor.bookings), PATIENCE).not.toMatch(/not known yet/i);
    const sitting = await patientsAt(on.stage, await visitor.day(), time);
    const said = await texts(visitor.bookings)();
    expect(sitting).toEqual(said.includes('Nothing was booked') ? [] : ['Ava Doubt']);
  });
});

describe.skipIf(!browser)('the live page for everyone', () => {
  const on = onStage('sqlite');

  it('can be used by keyboard alone', async () => {
    const { page, patient, bookings, free } = await on.arrive(0);
    const focused = () =>
      page.evaluate<string>('document.activeElement?.innerText || document.activeElement?.name || ""');
    const tabTo = async (what: RegExp) => {
      for (let presses = 0; presses < 200; presses++) {
        if (what.test(await focused())) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach ${what}.`);
    };
    await page.evaluate('document.activeElement?.blur()');
    await patient.getByLabel('Day', { exact: true }).focus();
    const time = (await free.first().innerText()).trim();
    await tabTo(new RegExp(`^${time}$`));
    // What has the focus is seen to have it.
    expect(await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await expect.poll(focused, PATIENCE).toBe('patient');
    await page.keyboard.type('Kai Keys');
    await page.keyboard.press('Enter');
    await expect.poll(texts(bookings), PATIENCE).toMatch(/Booked/i);
    await expect.poll(focused, PATIENCE).toMatch(/Booked/i);
    await tabTo(/^Cancel$/);
    await page.keyboard.press('Space');
    await expect.poll(texts(bookings), PATIENCE).toContain('Cancelled. The time is free again.');
  });

  it('keeps a keyboard user’s place when the diary changes', async () => {
    const { page, desk, row, freeTime } = await on.arrive(1).then((visitor) => ({
      page: visitor.page,
      desk: visitor.desk,
      row: visitor.row.bind(visitor),
      freeTime: visitor.freeTime.bind(visitor),
    }));
    const [first, second] = [await freeTime(0), await freeTime(1)];
    const button = desk.getByRole('button', { name: `Book ${second} at the desk` });
    await button.focus();
    const place = {
      practitioner: 1,
      starts: `${await page.getByLabel('Diary day', { exact: true }).inputValue()} ${first}:00`,
    };
    await on.stage.live.scene.write('book', { ...place, patient: 'Somebody Else' });
    await expect.poll(() => row(first).innerText(), PATIENCE).toContain('Somebody Else');
    expect(await page.evaluate('document.activeElement?.ariaLabel')).toBe(`Book ${second} at the desk`);
  });

  it.each([
    ['a narrow phone', 360],
    ['a tablet', 820],
  ])('fits %s without scrolling sideways', async (_, width) => {
    const visitor = await on.arrive(2, { viewport: { width, height: 740 }, hasTouch: true });
    const time = await visitor.freeTime(0);
    await visitor.slot(time).click();
    await visitor.patient.getByLabel('Your name').waitFor();
    const overhang = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await visitor.page.evaluate<number>(overhang)).toBe(0);
    for (const part of [visitor.desk, visitor.link, visitor.patient]) {
      const box = await part.boundingBox();
      expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
    }
  });

  it('says so when its own server has gone quiet, and not before', async () => {
    const visitor = await on.arrive(3);
    expect(await visitor.page.getByRole('alert').count()).toBe(0);
    await visitor.page.route('**/live', (route) => route.abort());
    await visitor.page.reload();
    await expect.poll(() => visitor.page.getByRole('alert').innerText(), PATIENCE).toContain('lost its own server');
    await visitor.page.unroute('**/live');
    await expect.poll(() => visitor.page.getByRole('alert').count(), PATIENCE).toBe(0);
    expect(visitor.complaints.splice(0)).toContain('Failed to load resource: net::ERR_FAILED');
  });
});
