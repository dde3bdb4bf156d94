/** How a key of one column is whole numbers from 0 to 2^32: a small integer is one, a big one two, a GUID four, in small letters or in capitals. */
export type IdForm = 'integer' | 'bigint' | 'guid' | 'GUID';

export const WORDS: Readonly<Record<IdForm, number>> = { integer: 1, bigint: 2, guid: 4, GUID: 4 };

/** One more than a word can be. */
export const WORD = 2 ** 32;

const DIGITS = {
  guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  GUID: /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/,
};

/** `undefined` for a text that is not written as the database writes such a key, or is below nought. */
export function wordsOf(form: IdForm, id: string): readonly number[] | undefined {
  if (form === 'guid' || form === 'GUID') {
    const digits = DIGITS[form].test(id) ? id.replaceAll('-', '') : undefined;
    return digits === undefined ? undefined : [0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16));
  }
  if (!/^(0|[1-9]\d{0,18})$/.test(id)) return undefined;
  if (form === 'integer') return Number(id) < WORD ? [Number(id)] : undefined;
  const number = BigInt(id);
  return [Number(number / BigInt(WORD)), Number(number % BigInt(WORD))];
}

export function idOf(form: IdForm, words: readonly number[]): string {
  const [first = 0, second = 0] = words;
  if (form === 'integer') return String(first);
  if (form === 'bigint') return String(BigInt(first) * BigInt(WORD) + BigInt(second));
  const digits = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return form === 'GUID' ? parts.join('-').toUpperCase() : parts.join('-');
}
