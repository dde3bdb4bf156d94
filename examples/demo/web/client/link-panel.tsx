/** What is between the two: the link with its switch, what ClinicSync says about itself, and everything that happened. */
import type { TimelineEntry } from '../timeline.js';
import type { Model } from './model.js';
import { Notice } from './notice.js';
import { clock, duration, stamp } from './times.js';
import type { State } from './server.js';

const PHASE: Readonly<Record<string, string>> = {
  live: 'Live',
  offline: 'Offline',
  connecting: 'Connecting',
  resyncing: 'Comparing',
  suspect: 'Held',
  idle: 'Not started',
  stopped: 'Stopped',
};

export function LinkPanel({ model }: { model: Model }) {
  const { practice, live, raced, racing } = model;
  const { state, entries } = live;
  const cut = state?.cut === true;
  const prize = model.prize && clock(Date.parse(model.prize.start));
  return (
    <section class="panel link" id="link" aria-labelledby="link-title">
      <header>
        <p class="kicker">Between them</p>
        <h2 id="link-title">The link</h2>
      </header>
      <Wire cut={cut} phase={state?.status.phase ?? 'idle'} />
      <div class="switchboard">
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={cut ? 'false' : 'true'}
          onClick={() => void model.throwSwitch(!cut)}
        >
          <span class="knob" aria-hidden="true" />
          <span>Link to the clinic</span>
          <strong>{cut ? 'cut' : 'up'}</strong>
        </button>
        {state ? <Health state={state} /> : null}
      </div>
      <p class="hint">
        {cut ? `${capital(practice.described)}: ${practice.pulled}.` : `Clinic database: ${practice.described}.`}
      </p>
      <Notice live={live} />
      <div class="race">
        <button type="button" class="primary" disabled={racing || prize === null} onClick={() => void model.race()}>
          Race both sides{prize === null ? '' : ` for ${prize}`}
        </button>
        <p role="status" data-testid="race">
          {raced || 'The desk and a patient online press at the same moment.'}
        </p>
      </div>
      <h3 id="timeline-title">Timeline</h3>
      <div class="log" role="log" aria-labelledby="timeline-title" tabindex={0}>
        <ol class="timeline">
          {entries.map((entry) => (
            <TimelineRow key={entry.n} entry={entry} />
          ))}
        </ol>
      </div>
    </section>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Wire({ cut, phase }: { cut: boolean; phase: string }) {
  return (
    <div class={`wire${cut ? ' is-cut' : ''}${phase === 'live' ? ' is-live' : ''}`} aria-hidden="true">
      <span class="end">clinic</span>
      <span class="line" />
      <span class="plug">{cut ? '✕' : '⇄'}</span>
      <span class="line" />
      <span class="end">backend</span>
    </div>
  );
}

function Health({ state }: { state: State }) {
  const { phase, freshness, capture, verifiedAt } = state.status;
  const age = verifiedAt === null ? null : Math.max(0, state.now - verifiedAt);
  return (
    <dl class="health">
      <div>
        <dt>ClinicSync</dt>
        <dd class={`phase ${freshness}`}>
          <span role="status" data-testid="phase">
            {PHASE[phase] ?? phase}
          </span>
        </dd>
      </div>
      <div>
        <dt>Notices by</dt>
        <dd>{capture ?? '–'}</dd>
      </div>
      <div>
        <dt>Verified</dt>
        <dd>{age === null ? 'never' : age < 1_500 ? 'just now' : `${Math.round(age / 1_000)} s ago`}</dd>
      </div>
    </dl>
  );
}

function TimelineRow({ entry }: { entry: TimelineEntry }) {
  const { at, side, tone, title, detail, told, latencyMs } = entry;
  return (
    <li class={`${side} ${tone} ${told}`}>
      <span class="dot" aria-hidden="true" />
      <div class="what">
        <strong>{title}</strong> <span>{detail}</span>
      </div>
      <div class="when">
        <span class="latency">
          {told === 'waiting'
            ? 'not heard yet'
            : told === 'overtaken'
              ? 'undone before it was heard'
              : latencyMs === null
                ? ''
                : `after ${duration(latencyMs)}`}
        </span>
        <time>{stamp(at)}</time>
      </div>
    </li>
  );
}
