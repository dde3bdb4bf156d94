import type { MemoryClinic, MemoryRecord, MemoryRow } from '../../src/adapters/memory/index.js';
import { HOUR, MINUTE } from '../../src/domain/instant.js';
import { streamOf, type RowKey } from '../../src/domain/row.js';
import { type Random } from '../../src/testing/random.js';
import { ZONE } from './scenario.js';

/** A text that stands for what a clinic keeps beside the mapped columns, and that must never be seen outside. */
export const SECRET = 'PATIENT-7F3A';

const SLOT = 15 * MINUTE;

/** The people at the desk, who write straight into the clinic's database and know nothing of us. */
export class Receptionist {
  constructor(
    private readonly clinic: MemoryClinic,
    private readonly options: { readonly today: number; readonly practitioners: number; readonly sessions: boolean },
  ) {}

  fill(rows: number, random: Random): void {
    const puts: MemoryRow[] = [];
    for (let i = 0; i < rows; i++) puts.push(this.appointment(this.nextId(), random));
    if (this.options.sessions) for (let day = 0; day < 5; day++) puts.push(this.session(day, random));
    this.clinic.commit({ puts });
  }

  insert(random: Random): void {
    this.clinic.put(this.appointment(this.nextId(), random));
  }

  /** Takes an id now and commits later, when higher ids are visible already. */
  insertLate(random: Random, later: (ms: number, fire: () => void) => void): void {
    const row = this.appointment(this.nextId(), random);
    later(random.int(50, 3_000), () => {
      this.clinic.put(row);
    });
  }

  remove(random: Random): void {
    const key = this.someKey(random);
    if (key) this.clinic.remove(key);
  }

  /** Moves, shortens or re-assigns a row in place: one thing, or everything. */
  edit(random: Random): void {
    const record = this.some(random);
    if (!record) return;
    const { row } = record;
    const other = this.appointment(row.id, random);
    const { practitionerIds, locationId, start, end } = other;
    const length = row.end - row.start;
    const change = random.pick([
      { practitionerIds },
      { locationId },
      { start: row.start + SLOT, end: row.end + SLOT },
      { start, end: start + length },
      { end: row.end + SLOT },
      { practitionerIds, locationId, start, end },
    ]);
    this.clinic.put({ ...row, ...change });
  }

  /** Deletes a row and gives its id to another: at once, or a little later. */
  reuse(random: Random, later: (ms: number, fire: () => void) => void): void {
    const record = this.some(random);
    if (record?.row.kind !== 'appointment') return;
    const key: RowKey = { stream: 'busy', id: record.row.id };
    const again = random.chance(0.3) ? record.row : this.appointment(record.row.id, random);
    if (random.chance(0.5)) {
      this.clinic.commit({ removes: [key], puts: [again] });
      return;
    }
    this.clinic.remove(key);
    later(random.int(1, 2_000), () => {
      this.clinic.put(enteredByHand(again));
    });
  }

  roster(random: Random): void {
    if (!this.options.sessions) return;
    const puts = Array.from({ length: random.int(1, 4) }, () => this.session(random.int(0, 9), random));
    this.clinic.commit({ puts });
  }

  /** A commit that touches nothing that is mirrored. */
  unrelated(): void {
    this.clinic.commit({});
  }

  undecodable(random: Random): void {
    const row = random.chance(0.5) ? this.some(random)?.row : undefined;
    const victim = row?.kind === 'appointment' ? row : this.appointment(this.nextId(), random);
    this.clinic.put({ ...victim, undecodable: { field: 'start', rule: 'not a time' } });
  }

  private nextId(): string {
    return this.clinic.nextId();
  }

  private some(random: Random): MemoryRecord | undefined {
    const all = [...this.clinic.all().values()];
    return all.length === 0 ? undefined : random.pick(all);
  }

  private someKey(random: Random): RowKey | undefined {
    const record = this.some(random);
    return record && { stream: streamOf(record.row), id: record.row.id };
  }

  private appointment(id: string, random: Random): MemoryRow {
    const { today, practitioners } = this.options;
    const start = today + random.int(-1, 9) * 24 * HOUR + random.int(0, 95) * SLOT;
    const both = practitioners > 1 && random.chance(0.1);
    const one = random.int(1, practitioners - (both ? 1 : 0));
    const row = {
      id,
      kind: random.chance(0.1) ? ('blockout' as const) : ('appointment' as const),
      practitionerIds: both ? [`p${String(one)}`, `p${String(one + 1)}`] : [`p${String(one)}`],
      locationId: random.chance(0.5) ? 'north' : null,
      start,
      end: start + random.int(1, 4) * SLOT,
      zone: ZONE,
      slotMs: null,
    };
    return Object.assign(row, { note: SECRET });
  }

  private session(day: number, random: Random): MemoryRow {
    const start = this.options.today + day * 24 * HOUR + 22 * HOUR;
    const practitioner = random.int(1, this.options.practitioners);
    return {
      id: `s${String(day)}-${String(practitioner)}`,
      kind: 'session',
      practitionerIds: [`p${String(practitioner)}`],
      locationId: 'north',
      start,
      end: start + random.int(2, 8) * HOUR,
      zone: ZONE,
      slotMs: SLOT,
    };
  }
}

/** Whoever types an appointment in again knows nothing of our mark on it, nor of what the patient told us. */
function enteredByHand({ token: _token, details: _details, ...row }: MemoryRow): MemoryRow {
  return row;
}
