/** A live page with a browser before it, and a look into the clinic's tables that goes past all of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser, Locator, Page } from 'playwright-core';

import type { Engine } from '../../examples/demo/flags.js';
import { openSql, type Sql } from '../../examples/demo/sql.js';
import { openLivePage, type LivePage } from '../../examples/demo/web/serve.js';

export interface Stage {
  readonly live: LivePage;
  /** Opened while the file is where it belongs. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** `undefined` where there is no server of that engine. */
export async function openStage(engine: Engine): Promise<Stage | undefined> {
  const home = await mkdtemp(join(tmpdir(), 'clinic-sync-web-'));
  const live = await openLivePage({ engine, seed: 1, home, port: 0 });
  if (!live) return undefined;
  const sql = await openSql(engine, live.scene.clinic.desk);
  return {
    live,
    sql,
    close: async () => {
      await sql.close();
      await live.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** One person before the page, with what they see on each side of it. */
export class Visitor {
  readonly desk: Locator;
  readonly link: Locator;
  readonly patient: Locator;
  readonly notice: Locator;
  readonly free: Locator;
  readonly timeline: Locator;
  readonly bookings: Locator;
  readonly connected: Locator;

  private constructor(
    readonly page: Page,
    /** What the browser's console had to complain about. */
    readonly complaints: string[],
  ) {
    this.desk = page.getByRole('region', { name: 'Front desk' });
    this.link = page.getByRole('region', { name: 'The link' });
    this.patient = page.getByRole('region', { name: 'Book online' });
    this.notice = page.getByTestId('notice');
    this.free = this.patient.getByRole('list', { name: /^Free times/ }).getByRole('button');
    this.timeline = page.getByRole('log', { name: 'Timeline' }).getByRole('listitem');
    this.bookings = this.patient.getByRole('list', { name: 'Your bookings' }).getByRole('listitem');
    this.connected = this.link.getByRole('switch', { name: 'Link to the clinic' });
  }

  /** `nth` of the days that are shown, so that tests stay out of each other's way. */
  static async arrive(
    browser: Browser,
    { live }: Stage,
    nth: number,
    options: Parameters<Browser['newPage']>[0] = { viewport: { width: 1400, height: 1000 } },
  ): Promise<Visitor> {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // A refusal is an answer with a status of its own, which the console lists as a failed load.
      const isRefusal = /status of (409|503)/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isRefusal) complaints.push(message.text());
    });
    await page.goto(live.url);
    const visitor = new Visitor(page, complaints);
    const days = visitor.patient.getByLabel('Day', { exact: true });
    await days.selectOption({ index: nth });
    const day = (await days.locator('option').nth(nth).innerText()).trim();
    for (const name of [`Free times, ${day}`, `Diary, ${day}`]) {
      await page.getByRole('list', { name }).getByRole('button').first().waitFor();
    }
    return visitor;
  }

  /** `09:15` of a free time. */
  async freeTime(nth: number): Promise<string> {
    return (await this.free.nth(nth).innerText()).trim();
  }

  slot(time: string): Locator {
    return this.patient.getByRole('list', { name: /^Free times/ }).getByRole('button', { name: time });
  }

  row(time: string): Locator {
    return this.desk.getByRole('listitem').filter({ has: this.page.locator(`time:text-is("${time}")`) });
  }

  async book(time: string, name: string): Promise<void> {
    await this.slot(time).click();
    await this.patient.getByLabel('Your name').fill(name);
    await this.patient.getByRole('button', { name: 'Book this time' }).click();
  }

  bookAtTheDesk(time: string): Promise<void> {
    return this.desk.getByRole('button', { name: `Book ${time} at the desk` }).click();
  }

  /** The day that is shown, as `2026-11-27`. */
  day(): Promise<string> {
    return this.patient.getByLabel('Day', { exact: true }).inputValue();
  }

  leave(): Promise<void> {
    return this.page.context().close();
  }
}

/** The patients of the first practitioner's whose appointments take a time, by the clinic's own table. */
export async function patientsAt({ sql }: Stage, day: string, time: string): Promise<string[]> {
  const starts = `${day} ${time}:00`;
  const rows = await sql.query(
    'select patient from appointments where practitioner_id = 1 and starts_at <= ? and ends_at > ? order by id',
    ...[starts, starts],
  );
  return rows.map(({ patient }) => String(patient));
}
