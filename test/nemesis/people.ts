import { setTimeout as sleep } from 'node:timers/promises';

import type { Random } from '../../src/testing/random.js';
import { WANTED, wantedSlot, type Ground } from './ground.js';
import type { Hosts } from './hosts.js';
import type { Answer, Ask } from './messages.js';

/** Answers that leave it open what became of a request, or say that nothing was begun yet. */
const OPEN = /^(InDoubt|NotLive|BookingsHeld|NotStarted|Stopped|Clinic.*|Mirror.*)$/;
const ASKS = 4;
const PATIENTS_AT_ONCE = 12;

/** One request of a patient's, and everything that he was told. */
export interface Request {
  readonly ask: Ask;
  readonly told: Answer[];
}

/** The front desk, which is blind, and patients online. */
export class People {
  readonly requests = new Map<string, Request>();
  deskWrites = 0;
  private resting = true;
  private leaving = false;
  private writing = false;
  private online = 0;
  private keys = 0;

  constructor(
    private readonly ground: Ground,
    private readonly hosts: Hosts,
    private readonly random: Random,
  ) {}

  /** The diary as it was before anybody looked. */
  async fill(rows: number): Promise<void> {
    for (let i = 0; i < rows; i++) await this.insertAtDesk();
  }

  /** Goes on until {@link leave}. */
  async work(): Promise<void> {
    this.resting = false;
    await Promise.all([this.deskWork(), this.patientsWork()]);
  }

  /** Resolves when nobody writes at the desk; patients who were asking are answered. */
  async rest(): Promise<void> {
    this.resting = true;
    while (this.writing || this.online > 0) await sleep(5);
  }

  resume(): void {
    this.resting = false;
  }

  leave(): void {
    this.leaving = true;
  }

  private async deskWork(): Promise<void> {
    const { random } = this;
    while (!this.leaving) {
      if (!this.resting) {
        this.writing = true;
        // The clinic's own server may be down; what was lost with it is in no table.
        await (random.chance(0.5) ? this.insertAtDesk() : this.removeAtDesk()).catch(() => undefined);
        this.writing = false;
      }
      await sleep(random.int(10, 90));
    }
  }

  private async insertAtDesk(): Promise<void> {
    const { practitionerId, start, end } = wantedSlot(this.random.int(0, WANTED - 1));
    await this.ground.query(
      `insert into appointments (doctor, starts, ends) values (${practitionerId}, ${start}, ${end}) returning id`,
    );
    this.deskWrites++;
  }

  private async removeAtDesk(): Promise<void> {
    const [row] = await this.ground.query(
      `select id from appointments where doctor < 8 order by ${this.ground.random} limit 1`,
    );
    if (!row) return;
    const id = Number(row['id']);
    await this.ground.transaction([
      `insert into removed_by_desk select patient, id from appointments where id = ${id}`,
      `delete from appointments where id = ${id}`,
    ]);
    this.deskWrites++;
  }

  private async patientsWork(): Promise<void> {
    const { random } = this;
    while (!this.leaving) {
      if (!this.resting && this.online < PATIENTS_AT_ONCE) {
        this.online++;
        void this.patient().finally(() => {
          this.online--;
        });
      }
      await sleep(random.int(30, 200));
    }
  }

  private async patient(): Promise<void> {
    const { random } = this;
    const key = `k${++this.keys}`;
    const booked = await this.insist({ type: 'book', key, nth: random.int(0, WANTED - 1) });
    if (booked?.row === undefined || !random.chance(0.4)) return;
    await sleep(random.int(0, 1_000));
    await this.insist({ type: 'delete', key: `x-${key}`, row: booked.row });
  }

  /** With the same key, until there is an answer that is final, or patience ends. */
  private async insist(ask: Ask): Promise<Answer | undefined> {
    const request: Request = { ask, told: [] };
    this.requests.set(ask.key, request);
    for (let i = 0; i < ASKS && !this.resting; i++) {
      const answer = await this.hosts.ask(ask);
      if (answer) request.told.push(answer);
      if (answer && isFinal(answer)) return answer;
      await sleep(this.random.int(200, 4_000));
    }
    return undefined;
  }
}

export function isFinal({ result }: Answer): boolean {
  return !OPEN.test(result);
}
