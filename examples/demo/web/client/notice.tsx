import type { LiveModel } from './live-model.js';
import { stamp } from './times.js';

const SETTLED_SHOWN_MS = 45_000;

/** What somebody who looks after the link should know now. */
export function Notice({ live: { state, entries } }: { live: LiveModel }) {
  const words = state ? wordsFor(state, entries) : null;
  return (
    <div class={`notice ${words?.tone ?? 'none'}`} role="status" data-testid="notice">
      {words ? (
        <>
          <strong>{words.title}</strong>
          {words.lines.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </>
      ) : null}
    </div>
  );
}

function wordsFor(state: NonNullable<LiveModel['state']>, entries: LiveModel['entries']) {
  const { phase, verifiedAt, holds } = state.status;
  if (phase === 'resyncing') {
    return {
      tone: 'warning',
      title: 'Possible conflict',
      lines: ['The link is back. What the desk did meanwhile is being compared before anyone books.'],
    };
  }
  if (holds.length > 0) {
    return {
      tone: 'bad',
      title: 'Online bookings are held',
      lines: [
        'The clinic cannot be reached, so nothing is promised to anyone.',
        `Free times are still shown, as of ${verifiedAt === null ? 'never' : stamp(verifiedAt)}, and say so.`,
      ],
    };
  }
  if (state.cut) return { tone: 'warning', title: 'The link is cut', lines: ['ClinicSync has not noticed yet.'] };
  return settled(state.now, entries);
}

/** After an outage: what it came to, for a while. */
function settled(now: number, entries: LiveModel['entries']) {
  const done = entries.findIndex(({ type, latencyMs }) => type === 'resync.completed' && latencyMs !== null);
  const completed = entries[done];
  if (!completed || now - completed.at > SETTLED_SHOWN_MS) return null;
  const conflicts = entries.filter(({ type, at }) => type === 'conflict.detected' && at >= completed.at - 5_000).length;
  return {
    tone: conflicts > 0 ? 'bad' : 'good',
    title: conflicts > 0 ? `Settled, with ${conflicts === 1 ? 'one conflict' : `${conflicts} conflicts`}` : 'Settled',
    lines: [
      `Meanwhile at the desk: ${completed.detail}.`,
      conflicts > 0
        ? 'A time is taken twice: the practice and its patient are told.'
        : 'No two people have one time. Bookings are open again.',
    ],
  };
}
