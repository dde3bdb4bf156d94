/** A process of its own that opens a clinic, commits one event, says so, and holds on until it is killed. */
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { ok, openClinic } from './kit.js';

const clinic = await ok(openClinic(sqliteMirror({ path: process.argv[2] ?? '' })));
await ok(
  clinic.commit({ puts: [], removes: [], events: [{ type: 'hold.placed', at: 1, cause: 'engine' }], facts: {} }),
);
console.log('holding');
setInterval(() => {}, 60_000);
