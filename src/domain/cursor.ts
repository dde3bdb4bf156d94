/**
 * A consumer's place in a clinic's event log: after event `seq` of `incarnation`. An incarnation is one opening of the mirror;
 * its events are numbered on from the incarnation before it. A mirror that lost or rolled back commits is reopened as a new
 * incarnation that branches off earlier, so a cursor into the lost part is recognised instead of silently meaning another event.
 */
export interface CursorPosition {
  readonly incarnation: string;
  readonly seq: number;
}

/** The opaque text form of a {@link CursorPosition}, safe to store anywhere. */
export type Cursor = string & { readonly __cursor?: never };

const FORM = /^([A-Za-z0-9_-]{4,64})\.(\d{1,16})$/;

export function formatCursor(position: CursorPosition): Cursor {
  return `${position.incarnation}.${String(position.seq)}`;
}

/** `undefined` for a text that is no cursor. */
export function parseCursor(cursor: string): CursorPosition | undefined {
  const match = FORM.exec(cursor);
  const seq = Number(match?.[2]);
  return match?.[1] !== undefined && Number.isSafeInteger(seq) ? { incarnation: match[1], seq } : undefined;
}

/** One opening of a mirror: its events are `fromSeq + 1` up to the next incarnation's `fromSeq`. */
export interface Incarnation {
  readonly id: string;
  readonly fromSeq: number;
}

/**
 * Where reading the log goes on from a cursor: the seq after which to read, or `undefined` when the place no longer exists:
 * the incarnation is unknown, or ended before that event.
 */
export function resolveCursor(
  position: CursorPosition,
  lineage: readonly Incarnation[],
  head: number,
): number | undefined {
  const index = lineage.findIndex((incarnation) => incarnation.id === position.incarnation);
  const incarnation = lineage[index];
  if (!incarnation) return undefined;
  const end = lineage[index + 1]?.fromSeq ?? head;
  return position.seq >= incarnation.fromSeq && position.seq <= end ? position.seq : undefined;
}
