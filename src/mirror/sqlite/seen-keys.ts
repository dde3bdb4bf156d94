/** Bits for each key: with two of them set, one new key in about 60 is taken for an old one when a filter is full. */
const BITS_PER_KEY = 16;
const FIRST_FILTER_KEYS = 1 << 15;

/**
 * Remembers which keys went by, roughly, in 2 bytes each: a Bloom filter, and a larger one behind it whenever one is full. It may
 * take a new key for an old one, never an old one for a new one. Asking the file instead took a fifth of a first copy's time.
 */
export class SeenKeys {
  readonly #filters: Uint8Array[] = [];
  #room = 0;

  /** False when the key was certainly not added before. */
  add(stream: number, id: string): boolean {
    let [first, second] = [0x811c9dc5 ^ stream, 0x9e3779b9];
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second + unit, 0x85ebca6b) ^ (second >>> 13);
    }
    // Neighbouring ids differ in their last bits only; these spread what differs.
    first = Math.imul(first ^ (first >>> 15), 0x2c1b3c6d);
    second = Math.imul(second ^ (second >>> 16), 0x297a2d39) ^ Math.imul(stream, 0x27d4eb2f);
    const seen = this.#filters.some((filter) => hasBit(filter, first) && hasBit(filter, second));
    if (!seen) this.#remember(first, second);
    return seen;
  }

  #remember(first: number, second: number): void {
    if (this.#room === 0) {
      this.#room = FIRST_FILTER_KEYS * 8 ** this.#filters.length;
      this.#filters.push(new Uint8Array((this.#room * BITS_PER_KEY) / 8));
    }
    this.#room--;
    const filter = this.#filters.at(-1);
    for (const bit of [first, second]) if (filter) setBit(filter, bit);
  }
}

function hasBit(filter: Uint8Array, hash: number): boolean {
  const bit = (hash >>> 0) % (filter.length * 8);
  return ((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

function setBit(filter: Uint8Array, hash: number): void {
  const bit = (hash >>> 0) % (filter.length * 8);
  filter[bit >>> 3] = (filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
}
