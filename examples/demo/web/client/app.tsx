import { DeskPanel } from './desk-panel.js';
import { LinkPanel } from './link-panel.js';
import type { Model } from './model.js';
import { PatientPanel } from './patient-panel.js';

export function App({ model }: { model: Model }) {
  const { live, practice } = model;
  const phase = live.state?.status.phase ?? 'idle';
  return (
    <>
      <nav class="jump" aria-label="Parts of the page">
        <a href="#desk">Front desk</a>
        <a href="#link" class={phase}>
          Link: {phase}
        </a>
        <a href="#patient">Patient</a>
      </nav>
      {live.heard ? null : (
        <p class="lost" role="alert">
          This page has lost its own server. Start it again with <code>npm run demo -- --web</code>; the page comes back
          by itself.
        </p>
      )}
      <div class="stage">
        <DeskPanel desk={model.desk} practice={practice} />
        <LinkPanel model={model} />
        <PatientPanel model={model} />
      </div>
    </>
  );
}
