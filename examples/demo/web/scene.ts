/** Everything behind the page: the clinic with its desk, the link with its switch, and the backend's ClinicSync. */
import { join } from 'node:path';

import { BehaviorSubject } from 'rxjs';

import { postgresAdapter } from '../../../src/adapters/postgres/index.js';
import { sqliteAdapter } from '../../../src/adapters/sqlite/index.js';
import { ClinicSync } from '../../../src/index.js';
import { sqliteMirror } from '../../../src/mirror/sqlite/index.js';
import { Child, preciseNow } from '../channel.js';
import type { Clinic } from '../clinic.js';
import { postgresClinic } from '../clinic-postgres.js';
import { sqliteClinic } from '../clinic-sqlite.js';
import type { Engine } from '../flags.js';
import { LOAD, makePractice, SCHEMA, type PracticeSize } from '../practice.js';
import type { DeskCalls, DeskOptions, Refused, Written } from './desk.js';
import { madeUpName } from './names.js';
import { Timeline } from './timeline.js';

export interface SceneOptions {
  readonly engine: Engine;
  readonly seed: number;
  /** An empty folder for the database file and the mirror. */
  readonly home: string;
}

export const CLINIC_ID = 'northcote';
const SIZE: PracticeSize = { past: 20_000, future: 9_000, taken: 0.55 };

/** So that a watcher need not wait: a dead link is noticed within 2 s instead of 10, tried again each second, and doubt ends after 2 s. */
const TUNING = { load: LOAD, heartbeatMs: 1_000, requestTimeoutMs: 1_000, retryCapMs: 1_000, writeDeadlineMs: 2_000 };

export class Scene {
  readonly timeline = new Timeline();
  readonly cut$ = new BehaviorSubject(false);
  private switching: Promise<void> = Promise.resolve();

  private constructor(
    readonly clinic: Clinic,
    readonly sync: ClinicSync,
    private readonly desk: Child<DeskCalls>,
  ) {
    sync.events$.subscribe((event) => {
      this.timeline.heard(event, preciseNow());
    });
  }

  /** `undefined`, said aloud, where there is no server of that engine. */
  static async open({ engine, seed, home }: SceneOptions): Promise<Scene | undefined> {
    const clinic = engine === 'sqlite' ? await sqliteClinic(home) : await postgresClinic();
    if (!clinic) return undefined;
    await clinic.fill(makePractice(seed, SIZE, madeUpName));
    const options: DeskOptions = { engine, where: clinic.desk };
    const desk = new Child<DeskCalls>(new URL('./desk.ts', import.meta.url), options, () => undefined);
    const { remote, write } = clinic;
    const sync = new ClinicSync({
      clinicId: CLINIC_ID,
      adapter:
        engine === 'sqlite'
          ? sqliteAdapter({ path: remote, schema: SCHEMA, write: true })
          : postgresAdapter({ connection: remote, schema: SCHEMA, ...(write && { write }) }),
      mirror: sqliteMirror({ path: join(home, 'mirror.db') }),
      tuning: TUNING,
    });
    const scene = new Scene(clinic, sync, desk);
    const started = await sync.start();
    if (started.isOk()) return scene;
    await scene.close();
    throw started.error;
  }

  /** What the desk reads. */
  diary(practitioner: number, day: string) {
    return this.desk.call('diary', { practitioner, day });
  }

  count(place: { practitioner: number; starts: string }): Promise<number> {
    return this.desk.call('count', place);
  }

  /** What the desk writes, which goes into the timeline. */
  async write<K extends 'book' | 'squeeze' | 'cancel' | 'move'>(
    name: K,
    argument: Parameters<DeskCalls[K]>[0],
  ): Promise<Written | Refused> {
    const answer = await this.desk.call(name, argument);
    if ('what' in answer) this.timeline.wrote(answer);
    return answer;
  }

  /** Cuts the link or puts it back; one throw of the switch at a time. */
  async throwSwitch(cut: boolean): Promise<void> {
    this.switching = this.switching.then(async () => {
      if (cut === this.cut$.value) return;
      this.timeline.switched(cut, preciseNow());
      await (cut ? this.clinic.cable.pull() : this.clinic.cable.putBack());
      this.cut$.next(cut);
    });
    await this.switching;
  }

  async close(): Promise<void> {
    await this.throwSwitch(false);
    await this.sync.stop();
    await this.desk.end();
    this.cut$.complete();
    this.timeline.entries$.complete();
    await this.clinic.remove();
  }
}
