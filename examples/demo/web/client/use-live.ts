import { useEffect, useState } from 'hono/jsx/dom';

import type { TimelineEntry } from '../timeline.js';
import { live, type State } from './server.js';

const SHOWN = 120;

export interface Live {
  readonly state: State | null;
  /** The newest first. */
  readonly entries: readonly TimelineEntry[];
  readonly heard: boolean;
}

export function useLive(): Live {
  const [state, setState] = useState<State | null>(null);
  const [entries, setEntries] = useState<readonly TimelineEntry[]>([]);
  const [heard, setHeard] = useState(true);
  useEffect(() => {
    live({
      onState: (next) => setState(next),
      onEntries: (all) => setEntries([...all].reverse().slice(0, SHOWN)),
      onEntry: (entry) => setEntries((before) => withEntry(before, entry)),
      onHeard: (is) => setHeard(is),
    });
  }, []);
  return { state, entries, heard };
}

/** A new one comes first; one that is known already is completed where it stands. */
function withEntry(before: readonly TimelineEntry[], entry: TimelineEntry): readonly TimelineEntry[] {
  return before.some(({ n }) => n === entry.n)
    ? before.map((each) => (each.n === entry.n ? entry : each))
    : [entry, ...before].slice(0, SHOWN);
}
