import { sql, type RawBuilder } from 'kysely';

import { fault } from '../../domain/errors.js';
import type { ColumnFinder } from './check.js';
import type { Misfit, SqlEngine } from './engine.js';
import type { ResolvedSchema } from './schema/resolve.js';
import type { ResolvedEnd, ResolvedMoment } from './schema/resolve-moments.js';
import type { ResolvedTable } from './schema/resolve-table.js';
import { INSTANT_AXIS, wallAxis, type Axis } from './time/axis.js';
import { clockEnd, fixedEnd, lengthEnd, momentEnd, type End } from './time/end.js';
import { splitMoment, stampMoment, type Moment } from './time/moment.js';
import type { SplitColumns } from './time/split.js';

/** A column of the mapping's, found. */
export interface FoundColumn {
  /** Its real name. */
  readonly name: string;
  readonly type: string;
  readonly reference: RawBuilder<unknown>;
  readonly text: RawBuilder<string | null>;
}

interface Binding {
  readonly engine: SqlEngine;
  readonly finder: ColumnFinder;
  readonly wall: Axis;
}

interface BoundMoment {
  readonly moment: Moment;
  /** Of one that is kept as date and time of day. */
  readonly columns: SplitColumns | null;
}

/** The start and the end of a table's rows in one zone. Throws `SchemaMismatch` for columns that cannot mean what the mapping says. */
export function bindTimes(
  { policy }: Pick<ResolvedSchema, 'policy'>,
  mapping: Pick<ResolvedTable, 'label' | 'start' | 'end'>,
  zone: string,
  engine: SqlEngine,
  finder: ColumnFinder,
): { readonly start: Moment; readonly end: End } {
  const binding: Binding = { engine, finder, wall: wallAxis(zone, policy) };
  const at = `schema.${mapping.label}`;
  const start = bindMoment(binding, `${at}.start`, mapping.start);
  return { start: start.moment, end: bindEnd(binding, `${at}.end`, mapping.end, start, zone) };
}

function bindMoment({ engine, finder, wall }: Binding, at: string, moment: ResolvedMoment): BoundMoment {
  if (moment.kind === 'stamp') {
    const found = finder.read(at, moment.column);
    const stamp = fitting(at, engine.stamp(found.reference, found.type, moment, wall));
    return { moment: stampMoment(moment, found, stamp), columns: null };
  }
  const axis = moment.form === 'utc' ? INSTANT_AXIS : wall;
  const date = finder.read(`${at}.date`, moment.date);
  const clock = moment.clock && finder.read(`${at}.${moment.clock.form}`, moment.clock.column);
  const columns: SplitColumns = {
    date: fitting(`${at}.date`, engine.date(date.reference, date.type)),
    clock: clock && moment.clock && fitting(at, engine.clock(clock.reference, clock.type, moment.clock.form)),
  };
  const texts = [date.text, ...(clock ? [clock.text] : [])];
  return { moment: splitMoment(moment, texts, columns, axis), columns };
}

function bindEnd(binding: Binding, at: string, end: ResolvedEnd, start: BoundMoment, zone: string): End {
  const { engine, finder } = binding;
  switch (end.kind) {
    case 'moment': {
      const { moment, columns } = bindMoment(binding, at, end.moment);
      return momentEnd(end, moment, columns, start.moment);
    }
    case 'clock': {
      const found = finder.read(at, end.clock.column);
      const clock = fitting(at, engine.clock(found.reference, found.type, end.clock.form));
      // The mapping is resolved: only a split start has such an end.
      if (!start.columns) throw misfit(at, 'has no date');
      return clockEnd(end, found.text, { date: start.columns.date, clock }, start.moment);
    }
    case 'length': {
      const found = finder.read(`${at}.length`, end.column);
      const isText = end.counts === 'characters';
      if (isText ? !engine.isText(found.type) : !engine.isNumber(found.type)) {
        throw misfit(`${at}.length`, `is ${found.type}; it wants ${isText ? 'a text' : 'a number'}`);
      }
      const { seconds } = start.moment;
      if (!seconds)
        throw misfit(at.replace(/end$/, 'start'), 'is text, to which no length can be added in the database');
      const length = isText ? engine.characters(found.text) : sql<number>`${found.reference}`;
      return lengthEnd(end, found.text, length, { ...start.moment, seconds }, zone);
    }
    case 'fixed':
      return fixedEnd(end.ms, start.moment);
  }
}

export function fitting<T extends object>(at: string, bound: T | Misfit): T {
  if ('rule' in bound) throw misfit(at, bound.rule);
  return bound;
}

function misfit(field: string, rule: string): Error {
  return fault('SchemaMismatch', `The column of ${field} ${rule}.`, { field });
}
