import type { QueryExecutorProvider } from 'kysely';

import { STREAMS, type Stream } from '../../../domain/row.js';
import type { ReadSketch, SketchIds, SketchRead } from '../../adapter.js';
import type { ClinicTables } from '../tables.js';
import { sketchIds, sketchTables } from './ids.js';
import { readSketch, type SketchEngine } from './read.js';

/** The sketches that can be read of a clinic. */
export interface Sketches {
  readonly ids: Partial<Record<Stream, SketchIds>>;
  /** Throws for a stream that has no ids. */
  read(db: QueryExecutorProvider, read: SketchRead): Promise<ReadSketch>;
}

export function sketchesOf(tables: ClinicTables, engine: SketchEngine): Sketches {
  const streams = STREAMS.flatMap((stream) => {
    const ofStream = sketchTables(tables, stream, (type) => engine.formOf(type));
    return ofStream ? [[stream, ofStream] as const] : [];
  });
  const byStream = new Map(streams);
  return {
    ids: Object.fromEntries(streams.map(([stream, ofStream]) => [stream, sketchIds(ofStream)])),
    read: (db, read) => readSketch(db, engine, byStream.get(read.stream) ?? [], read),
  };
}
