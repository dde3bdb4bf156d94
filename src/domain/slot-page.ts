import { compareSlots, type Slot } from './slot.js';

/** Where a page of slots ended: opaque outwards. Answers change between pages; nothing that was there all along is missed or told twice. */
export type PageMark = Pick<Slot, 'start' | 'end' | 'practitionerId' | 'locationId'>;

export function markOf({ start, end, practitionerId, locationId }: Slot): string {
  return Buffer.from(JSON.stringify([start, end, practitionerId, locationId])).toString('base64url');
}

/** `undefined` for a text that is no mark. */
export function readMark(text: string): PageMark | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Array.isArray(parts) || parts.length !== 4) return undefined;
    const [start, end, practitionerId, locationId] = parts as unknown[];
    const isPlace = locationId === null || typeof locationId === 'string';
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || typeof practitionerId !== 'string' || !isPlace) {
      return undefined;
    }
    return { start: start as number, end: end as number, practitionerId, locationId };
  } catch {
    return undefined;
  }
}

export function isAfterPage(mark: PageMark): (slot: Slot) => boolean {
  const last: Slot = { ...mark, zone: '', sessionId: '' };
  return (slot) => compareSlots(slot, last) > 0;
}
