/** Types by what can be done with them. Lengths and precisions are left out of the catalog's names. */
export const TEXT = new Set(['text', 'character varying', 'character', 'name', 'citext']);
export const WHOLE = new Set(['smallint', 'integer', 'bigint']);
export const NUMBER = new Set([...WHOLE, 'numeric', 'real', 'double precision']);
export const TIMESTAMP = 'timestamp without time zone';
export const TIMESTAMPTZ = 'timestamp with time zone';
