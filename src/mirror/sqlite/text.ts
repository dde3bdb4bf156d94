/**
 * Ids are opaque and may hold anything that a JavaScript string can. SQLite keeps UTF-8: half a surrogate pair would come back as
 * U+FFFD, so that two ids became one, and a NUL ends the text for some of its functions. Those, and the escape character itself,
 * are written as ESC and four hex digits; every other text stays as it is.
 */
/* eslint-disable no-control-regex -- they are what is looked for */
const ESCAPE = '\u001b';
const RARE = /[\0\u001b\ud800-\udfff]/;
const TO_ESCAPE = /[\0\u001b]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const ESCAPED = /\u001b([0-9a-f]{4})/g;

export function encodeText(text: string): string {
  if (!RARE.test(text)) return text;
  return text.replace(TO_ESCAPE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function decodeText(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Where rows of no practitioner lie; no encoded text equals it. */
export const NOBODY = `${ESCAPE}-`;

export const encodeOptional = (text: string | null) => (text === null ? null : encodeText(text));
export const decodeOptional = (text: string | null) => (text === null ? null : decodeText(text));
