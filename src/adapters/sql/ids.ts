import { STREAM_OF, type RowKind, type Stream } from '../../domain/row.js';

/**
 * Tables of one stream number their rows independently, and ids must be unique within the stream. So each table but the main one has a
 * prefix (`blockout:7`, `leave:7`), and an id of the main one that looks like a prefixed one gets a prefix too.
 */
export interface IdSpace {
  outward(id: string): string;
  /** The id there; `undefined` for an outward id of another table's. */
  inward(outward: string): string | undefined;
}

interface Named {
  readonly prefix: string;
  readonly kind: RowKind;
}

/** The prefix of ids that would be mistaken. */
const ESCAPE: Readonly<Record<Stream, string>> = { busy: 'appointment:', session: 'session:' };

/** The prefix of blockouts that are mapped as one table. */
export const BLOCKOUT = 'blockout:';

/** Of one table among all of the schema. */
export function idSpace({ prefix, kind }: Named, all: readonly Named[]): IdSpace {
  if (prefix !== '') {
    return {
      outward: (id) => prefix + id,
      inward: (outward) => (outward.startsWith(prefix) ? outward.slice(prefix.length) : undefined),
    };
  }
  const stream = STREAM_OF[kind];
  const others = all.filter((other) => other.prefix !== '' && STREAM_OF[other.kind] === stream);
  const escape = ESCAPE[stream];
  // Taken whether or not there are any, so that ids stay what they are when blockouts are mapped later.
  const taken = [...others.map((other) => other.prefix), ...(stream === 'busy' ? [BLOCKOUT] : [])];
  const isAnothers = (id: string) => taken.some((each) => id.startsWith(each));
  return {
    outward: (id) => (id.startsWith(escape) || isAnothers(id) ? escape + id : id),
    inward: (outward) => {
      if (outward.startsWith(escape)) return outward.slice(escape.length);
      return isAnothers(outward) ? undefined : outward;
    },
  };
}

/** A key of several columns as one text; one of a single column is that column's text. */
export function joinKey(texts: readonly string[]): string {
  return texts.length === 1 ? (texts[0] ?? '') : texts.map((text) => text.replace(/[\\/]/g, '\\$&')).join('/');
}

/** The columns' texts; `undefined` for a text that is no key of so many columns. */
export function splitKey(id: string, columns: number): readonly string[] | undefined {
  if (columns === 1) return [id];
  const texts: string[] = [];
  let text = '';
  for (let at = 0; at < id.length; at++) {
    if (id[at] === '/') {
      texts.push(text);
      text = '';
    } else {
      if (id[at] === '\\') at++;
      text += id[at] ?? '';
    }
  }
  texts.push(text);
  return texts.length === columns && joinKey(texts) === id ? texts : undefined;
}
