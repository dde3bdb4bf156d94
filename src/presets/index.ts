/**
 * `clinic-sync/presets`: the mappings of known practice systems, made from what is public of their databases. Each is a plain schema:
 * spread it and put other parts in the place of its own, or pass {@link extendSchema} what differs. What was checked and what was not
 * is in docs/presets.
 */
export { bestPractice, type BestPracticeOptions } from './best-practice.js';
export { extendSchema, type SchemaPatch } from './extend.js';
export { gnuHealth, type GnuHealthOptions } from './gnu-health.js';
export { openDental, type OpenDentalOptions } from './open-dental.js';
export { openEmr, type OpenEmrOptions } from './open-emr.js';
export { oscar, type OscarOptions } from './oscar.js';
export type { PresetOptions } from './options.js';
