import type { SketchIds } from '../../adapter.js';
import type { Stream } from '../../../domain/row.js';
import type { Source } from '../source.js';
import type { ClinicTables } from '../tables.js';
import { idOf, WORDS, wordsOf, type IdForm } from './form.js';

/** A table of a stream, by the number that tells it in sketches. */
export interface SketchTable {
  readonly number: number;
  readonly form: IdForm;
  /** One for each zone. */
  readonly sources: readonly Source[];
}

/** The tables of a stream; `undefined` where a key of one of them is no number, or the stream has sessions that are laid out. */
export function sketchTables(
  { sources, rosters }: ClinicTables,
  stream: Stream,
  formOf: (type: string) => IdForm | undefined,
): readonly SketchTable[] | undefined {
  if (stream === 'session' && rosters.length > 0) return undefined;
  const tables: SketchTable[] = [];
  const own = sources.filter((source) => source.stream === stream);
  for (const mapping of new Set(own.map((source) => source.mapping))) {
    const ofTable = own.filter((source) => source.mapping === mapping);
    const form = formOf(ofTable[0]?.id.only?.type ?? '');
    if (!form) return undefined;
    tables.push({ number: tables.length, form, sources: ofTable });
  }
  return tables.length > 0 ? tables : undefined;
}

/** How many words the ids of all tables have: the table's number, and as many as the longest key needs. */
export function wordCount(tables: readonly SketchTable[]): number {
  return 1 + Math.max(...tables.map(({ form }) => WORDS[form]));
}

/** An id is its table's number, its key's words, and noughts. */
export function sketchIds(tables: readonly SketchTable[]): SketchIds {
  const words = wordCount(tables);
  return {
    words,
    wordsOf: (id) => {
      for (const { number, form, sources } of tables) {
        const inward = sources[0]?.inward(id);
        const key = inward === undefined ? undefined : wordsOf(form, inward);
        if (key) return [number, ...key, ...Array<number>(words - 1 - key.length).fill(0)];
      }
      return undefined;
    },
    idOf: ([number, ...key]) => {
      const table = tables.find((each) => each.number === number);
      return table?.sources[0]?.outward(idOf(table.form, key.slice(0, WORDS[table.form])));
    },
  };
}
