import { fault } from '../../../domain/errors.js';

export function invalid(field: string, rule: string): Error {
  return fault('InvalidArgument', `${field} ${rule}.`, { field });
}

/** A column's, table's or procedure's name, or `InvalidArgument`. */
export function checkName(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw invalid(field, 'must be a name');
  return value;
}

/** One name, or schema and name. */
export function checkPath(field: string, value: unknown): readonly string[] {
  const parts = asList(value);
  if (parts.length > 2) throw invalid(field, 'must be a name, or a schema and a name');
  return checkNames(field, parts);
}

/** At least one name. */
export function checkNames(field: string, value: unknown): readonly string[] {
  const names = asList(value).map((name) => checkName(field, name));
  if (names.length === 0) throw invalid(field, 'must name at least one column');
  return names;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** A mapping may come from a file: what is no object is said to be none. */
export function checkObject<T extends object>(field: string, value: T): T {
  if (typeof value !== 'object' || (value as unknown) === null) throw invalid(field, 'must be an object');
  return value;
}

/** Refuses keys that mean nothing here, most of them misspelt. */
export function checkKeys(field: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw invalid(`${field}.${key}`, `is not known; known: ${known.join(', ')}`);
  }
}
