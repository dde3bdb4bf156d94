import type { SqlEngine } from '../engine.js';
import { idSpace } from '../ids.js';
import type { ResolvedSchema } from '../schema/resolve.js';
import type { ResolvedRoster } from '../schema/resolve-sessions.js';
import { bindFunction } from './host-function.js';
import type { Roster, RosterContext } from './roster.js';
import { bindTemplate } from './template.js';
import { bindWeekly } from './weekly.js';

/** Finds the tables of a roster's rules. Throws as `bindSchema` does. */
export function bindRoster(
  schema: ResolvedSchema,
  mapping: ResolvedRoster,
  engine: SqlEngine,
  open: RosterContext['open'],
): Promise<Roster> {
  const spaces = [...schema.tables, ...schema.rosters.map(({ prefix }) => ({ prefix, kind: 'session' as const }))];
  const { outward } = idSpace({ prefix: mapping.prefix, kind: 'session' }, spaces);
  const zoneOf = (locationId: string | null) => {
    const [zone] =
      [...schema.zones].find(([, locations]) => locationId !== null && locations.includes(locationId)) ?? [];
    return zone ?? schema.zone;
  };
  const context: RosterContext = { engine, open, outward, zoneOf, policy: schema.policy };
  switch (mapping.kind) {
    case 'weekly':
      return bindWeekly(context, mapping);
    case 'template':
      return bindTemplate(context, mapping);
    case 'function':
      return Promise.resolve(bindFunction(context, mapping, schema.zone));
  }
}
