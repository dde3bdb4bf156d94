/** The rule that a text breaks that is to be written into a text column; lengths are in characters, as databases count them. */
export function unfitText(text: string, maxLength?: number): string | undefined {
  if (text.includes('\0')) return 'must not contain the character U+0000';
  // Encoding would turn half a pair into another character.
  if (/\p{Cs}/u.test(text)) return 'must be well-formed Unicode';
  if (maxLength !== undefined && Array.from(text).length > maxLength)
    return `must have at most ${String(maxLength)} characters`;
  return undefined;
}
