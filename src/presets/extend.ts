import { defineClinicSchema, type ClinicSchema } from '../adapters/sql/index.js';

type Patch<T> = T extends readonly unknown[] | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Patch<T[K]> | undefined }
    : T;

/** Parts of a schema; `undefined` takes a part away. */
export type SchemaPatch = Patch<ClinicSchema>;

/** A schema with some of its parts replaced, object by object; lists and functions are replaced whole. Throws as `defineClinicSchema` does. */
export function extendSchema(schema: ClinicSchema, patch: SchemaPatch): ClinicSchema {
  return defineClinicSchema(merge(schema, patch) as ClinicSchema);
}

function merge(base: unknown, patch: unknown): unknown {
  if (!isPlain(base) || !isPlain(patch)) return patch;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) Reflect.deleteProperty(merged, key);
    else merged[key] = key in base ? merge(base[key], value) : value;
  }
  return merged;
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
