import { isStorable, nameLiteral, textLiteral, valueLiteral } from './literals.js';
import { findColumn, findRelation, type Column, type Relation } from './catalog.js';
import { hashExpressions } from './hash.js';
import { LABELS, type FirebirdSchema, type FirebirdTable, type Label } from './options.js';
import type { Query } from './session.js';

const DAY = 86_400_000;

/** How long a row can be, in ms: without a bound every read would walk through all history. */
const LONGEST: Readonly<Record<Label, number>> = { appointments: 31 * DAY, blockouts: 400 * DAY, sessions: 31 * DAY };

/** A mapped table, as statements need it. */
export interface Source {
  readonly label: Label;
  readonly zone: string;
  readonly relation: Relation;
  readonly table: string;
  readonly id: Column;
  readonly practitioner: Column;
  readonly location: Column | undefined;
  readonly start: string;
  readonly end: string;
  readonly longestRowMs: number;
  /** Id, practitioner, location, start, end, minutes of a slot, and the halves of the hash. */
  readonly select: string;
  readonly hash: readonly [string, string];
  /** True with an index on practitioner and start: a guard then looks at one person's diary only. */
  readonly hasGuardIndex: boolean;
}

/** Throws `SchemaMismatch` with the field at fault. */
export async function findSources(query: Query, schema: FirebirdSchema): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const label of LABELS) {
    const mapping = schema[label];
    if (mapping) sources.push(await sourceOf(query, schema.zone, label, mapping));
  }
  return sources;
}

async function sourceOf(
  query: Query,
  zone: string,
  label: Label,
  mapping: FirebirdTable & { readonly slotMinutes?: string },
): Promise<Source> {
  const at = (field: string) => `schema.${label}.${field}`;
  const relation = await findRelation(query, mapping.table, at('table'));
  const key = ['number', 'text'] as const;
  const id = findColumn(relation, mapping.id, at('id'), key);
  const practitioner = findColumn(relation, mapping.practitioner, at('practitioner'), key);
  const location =
    mapping.location === undefined ? undefined : findColumn(relation, mapping.location, at('location'), key);
  const start = findColumn(relation, mapping.start, at('start'), ['time']);
  const end = findColumn(relation, mapping.end, at('end'), ['time']);
  const { slotMinutes } = mapping;
  const slot = slotMinutes === undefined ? undefined : findColumn(relation, slotMinutes, at('slotMinutes'), ['number']);
  const columns = [id, practitioner, location, start, end, slot];
  const hashed = columns.map((column) =>
    column ? { sql: plain(column), type: column.type } : { sql: 'cast(null as integer)', type: 'number' as const },
  );
  const hash = hashExpressions(LABELS.indexOf(label), hashed);
  return {
    label,
    zone,
    relation,
    table: nameLiteral(relation.name),
    id,
    practitioner,
    location,
    start: nameLiteral(start.name),
    end: nameLiteral(end.name),
    longestRowMs: LONGEST[label],
    select: [...columns.map((column) => (column ? asText(column) : 'null')), ...hash].join(', '),
    hash,
    hasGuardIndex: relation.indexes.some(([first, second]) => first === practitioner.name && second === start.name),
  };
}

/** The column as it compares. */
function plain({ name, isPadded }: Column): string {
  return isPadded ? `trim(trailing from ${nameLiteral(name)})` : nameLiteral(name);
}

export function asText(column: Column): string {
  return column.type === 'text' ? plain(column) : `cast(${plain(column)} as varchar(24))`;
}

/** A condition that holds for this value alone, as far as the column's collation tells values apart. */
export function isValue(column: Column, text: string): string | undefined {
  const literal = literalFor(column, text);
  return literal === undefined ? undefined : `${nameLiteral(column.name)} = ${literal}`;
}

/** `undefined` where the column cannot hold it. */
export function literalFor({ type, length }: Column, text: string): string | undefined {
  if (type !== 'text') return valueLiteral(type, text);
  return isStorable(text) && Array.from(text).length <= length ? textLiteral(text) : undefined;
}
