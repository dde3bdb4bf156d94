import { fault, instantToWall, type Instant } from 'clinic-sync';

import { wallLiteral } from './literals.js';
import type { FirebirdSchema } from './options.js';
import type { Session } from './session.js';
import { comesTwice, nearestInstant, readWall } from './times.js';

/** Read anew wherever it stands in a statement, where CURRENT_TIMESTAMP is the statement's beginning. Local to the server. */
const NOW = "cast('now' as timestamp)";

export interface ServerClock {
  read(session: Session): Promise<Instant>;
  /** A condition: the server's clock has not come to this instant. */
  isBefore(deadline: Instant): string;
  /** True where the wall shows the instant twice, so that a condition on it could hold again an hour later. */
  isAmbiguous(instant: Instant): boolean;
}

/** The server's clock. Firebird 3 has no other than the one on the server's wall. */
export function clockOf({ zone, clockZone = zone }: FirebirdSchema): ServerClock {
  return {
    read: async (session) => {
      const [cells] = await session.peek(`select cast(${NOW} as varchar(24)) from rdb$database`);
      const wall = readWall(String(cells?.[0]));
      if (wall === undefined) throw fault('ClinicProtocol');
      return nearestInstant(wall, clockZone, Date.now());
    },
    isBefore: (deadline) => `${NOW} < ${wallLiteral(instantToWall(deadline, clockZone))}`,
    isAmbiguous: (instant) => comesTwice(instant, clockZone),
  };
}
