import type { TimelineEntry } from '../timeline.js';
import { live, type State } from './server.js';

const SHOWN = 120;

/** How the link is and what has happened, as the server tells it. */
export class LiveModel {
  state: State | null = null;
  /** The newest first. */
  entries: readonly TimelineEntry[] = [];
  /** Whether the page hears its own server. */
  heard = true;

  /** `changed` is called after each message, with the entry that it told of. */
  constructor(changed: (entry: TimelineEntry | null) => void) {
    live({
      onState: (state) => {
        this.state = state;
        changed(null);
      },
      onEntries: (all) => {
        this.entries = [...all].reverse().slice(0, SHOWN);
        changed(null);
      },
      onEntry: (entry) => {
        this.entries = this.with(entry);
        changed(entry);
      },
      onHeard: (heard) => {
        this.heard = heard;
        changed(null);
      },
    });
  }

  /** A new one comes first; one that is known already is completed where it stands. */
  private with(entry: TimelineEntry): readonly TimelineEntry[] {
    return this.entries.some(({ n }) => n === entry.n)
      ? this.entries.map((each) => (each.n === entry.n ? entry : each))
      : [entry, ...this.entries].slice(0, SHOWN);
  }
}
