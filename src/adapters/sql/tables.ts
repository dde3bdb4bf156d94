import { scopeOfKeys, scopeOfRanges, type Scope } from '../../domain/scope.js';
import type { Stream } from '../../domain/row.js';
import type { BoundSchema } from './check.js';
import type { Source } from './source.js';
import type { Roster } from './roster/roster.js';

/** What is read of a clinic. */
export type ClinicTables = Pick<BoundSchema, 'sources' | 'rosters'>;

/** A table whose changes change what is read. */
export interface WatchedTable {
  readonly label: string;
  readonly path: readonly string[];
  readonly stream: Stream;
  /** The key, as the mapping names it, where rows of the table are rows of ours; none where they are rules. */
  readonly ids: readonly string[];
  /** Where to look when the rows with these keys changed; without keys, when anything did. */
  scopeOf(ids?: readonly string[]): Scope;
}

/** Every table that is read, once. */
export function watchedTables({ sources, rosters }: ClinicTables): readonly WatchedTable[] {
  const tables = new Map<string, WatchedTable>();
  for (const source of sources)
    if (!tables.has(source.mapping.label)) tables.set(source.mapping.label, ofSource(source));
  for (const roster of rosters) for (const table of ofRoster(roster)) tables.set(table.label, table);
  return [...tables.values()];
}

function ofSource({ mapping, path, stream, outward }: Source): WatchedTable {
  const all = scopeOfRanges([{ stream, from: null, to: null }]);
  const scopeOf = (ids?: readonly string[]) =>
    ids ? scopeOfKeys(ids.map((id) => ({ stream, id: outward(id) }))) : all;
  return { label: mapping.label, path, stream, ids: mapping.ids, scopeOf };
}

function ofRoster({ tables }: Roster): readonly WatchedTable[] {
  const stream = 'session';
  const all = scopeOfRanges([{ stream, from: null, to: null }]);
  return tables.map(({ label, path }) => ({ label, path, stream, ids: [], scopeOf: () => all }));
}

/** The same tables with something added to each source, wherever it stands. */
export function mapSources(bound: BoundSchema, change: (source: Source) => Source): BoundSchema {
  const changed = new Map(bound.sources.map((source) => [source, change(source)]));
  const now = (source: Source) => changed.get(source) ?? source;
  const { target } = bound;
  return {
    ...bound,
    sources: [...changed.values()],
    target: target && { ...target, sources: target.sources.map(now), sourceOf: (slot) => now(target.sourceOf(slot)) },
  };
}
