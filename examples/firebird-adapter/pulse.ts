/**
 * A pulse for any login, made of what a new snapshot would see: the number of the newest transaction and the numbers of those that
 * are under way. A commit takes its own number off the second list, whenever it began, and nothing else makes it visible; so two
 * equal readings mean that nothing was committed in between. Our own reads take numbers too, and so does each reading of the
 * pulse; they are counted and left out.
 *
 * No SQL gives the list (MON$TRANSACTIONS shows a plain login its own only), but the protocol's information call does.
 */
import { setTimeout as pause } from 'node:timers/promises';

import type { OwnTransactions } from './own-transactions.js';
import type { Session } from './session.js';

const NEXT_TRANSACTION = 107;
const ACTIVE_TRANSACTIONS = 109;
const END = 1;

/** From Firebird 3 on numbers have 48 bits. Before, they run out after two thousand million, and a pulse would use them up. */
export const FIRST_ODS_WITH_PULSE = 12;

/**
 * For each reading the server begins a transaction and ends it, which writes one page. On a slow disk that is no trifle, so readings
 * may take this share of the server's time and no more; a second is the longest wait for that.
 */
const SHARE = 0.02;
const MAX_REST_MS = 1_000;
/** How long the measured round trip is taken for granted. */
const ROUND_TRIP_MS = 10_000;

interface Reading {
  readonly newest: number;
  readonly active: readonly number[];
  /** False where the answer did not fit. */
  readonly isWhole: boolean;
}

export class Pulse {
  /** Makes a reading that cannot be compared differ from every other. */
  #nonce = 0;
  #restUntil = 0;
  #roundTrip = { ms: 0, measuredAt: Number.NEGATIVE_INFINITY };

  constructor(
    private readonly owner: Session,
    private readonly own: OwnTransactions,
  ) {}

  async read(): Promise<string> {
    const rest = this.#restUntil - performance.now();
    if (rest > 1) await pause(rest);
    await this.measureRoundTrip();
    const began = performance.now();
    const before = this.own.count;
    // In this order: a transaction that begins between the two is above the newest, and so new to the next reading.
    const answer = await this.own.counted(() => this.owner.info([NEXT_TRANSACTION, ACTIVE_TRANSACTIONS]));
    const { newest, active, isWhole } = parse(answer);
    const cost = performance.now() - began - this.#roundTrip.ms;
    this.#restUntil = performance.now() + Math.min(MAX_REST_MS, Math.max(0, cost) / SHARE);
    const after = this.own.count;
    const isUndisturbed = after.begun === before.begun + 1 && after.unknown === before.unknown;
    const isSure = isWhole && isUndisturbed && !before.isUnsure && !after.isUnsure;
    const others = active.filter((number) => !this.own.held.has(number));
    const parts = [before.unknown, newest - before.begun, others.join(',')];
    return (isSure ? parts : [...parts, `~${String(++this.#nonce)}`]).join(':');
  }

  /** Asked for the newest number alone, the server begins nothing. */
  private async measureRoundTrip(): Promise<void> {
    const began = performance.now();
    if (began - this.#roundTrip.measuredAt < ROUND_TRIP_MS) return;
    await this.owner.info([NEXT_TRANSACTION]);
    this.#roundTrip = { ms: performance.now() - began, measuredAt: began };
  }
}

/** Each item is its code, the length of its value in two bytes, and the value, least byte first. */
function parse(answer: Buffer): Reading {
  const active: number[] = [];
  let newest: number | undefined;
  let at = 0;
  while (at + 3 <= answer.length && answer[at] !== END) {
    const item = answer[at];
    const length = answer.readUInt16LE(at + 1);
    if ((item !== NEXT_TRANSACTION && item !== ACTIVE_TRANSACTIONS) || length > 6) break;
    const value = answer.readUIntLE(at + 3, length);
    if (item === NEXT_TRANSACTION) newest = value;
    else active.push(value);
    at += 3 + length;
  }
  return { newest: newest ?? 0, active, isWhole: newest !== undefined && answer[at] === END };
}
