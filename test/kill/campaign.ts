import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { StoredRow } from '../../src/domain/row.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { Random } from '../../src/testing/random.js';
import { checkQuiet, difference, stored } from './checks.js';
import { Consumer } from './consumer.js';
import type { Desk } from './desk.js';
import { Life } from './life.js';
import { Receptionist } from './receptionist.js';
import { awaitMoment, commitToTell, STAGES, type Stage } from './stages.js';
import { truthOf } from './schema.js';

/** Each clinic and its mirror live through so many deaths; then both begin anew, so that first copies are killed too. */
const KILLS_PER_CLINIC = 25;

export interface CampaignOptions {
  /** A fresh clinic; the number counts them, so that its variants take turns. */
  readonly openDesk: (nth: number) => Promise<Desk>;
  readonly host: string;
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (figures: Figures) => void;
}

export interface Figures {
  kills: number;
  readonly byStage: Partial<Record<Stage, number>>;
  clinics: number;
  /** Times that table, mirror and replica were found equal, or not. */
  checks: number;
  events: number;
  /** Transactions of the receptionist's. */
  commits: number;
  /** From spawn to live, and from the last write to equality, in ms. */
  readonly liveMs: number[];
  readonly equalMs: number[];
  readonly violations: string[];
}

/** Kills host processes until so many are dead. */
export async function campaign(options: CampaignOptions): Promise<Figures> {
  const figures: Figures = {
    kills: 0,
    byStage: {},
    clinics: 0,
    checks: 0,
    events: 0,
    commits: 0,
    liveMs: [],
    equalMs: [],
    violations: [],
  };
  const random = new Random(options.seed);
  while (figures.kills < options.kills && figures.violations.length === 0) {
    const desk = await options.openDesk(figures.clinics++);
    const folder = await mkdtemp(join(tmpdir(), 'clinic-sync-kill-'));
    try {
      const kills = Math.min(KILLS_PER_CLINIC, options.kills - figures.kills);
      await killThrough({ desk, mirror: join(folder, 'clinics.mirror'), kills, random, figures, options });
    } finally {
      await desk.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

interface Tour {
  readonly desk: Desk;
  readonly mirror: string;
  readonly kills: number;
  readonly random: Random;
  readonly figures: Figures;
  readonly options: CampaignOptions;
}

async function killThrough({ desk, mirror, kills, random, figures, options }: Tour): Promise<void> {
  const consumer = new Consumer();
  const receptionist = new Receptionist(desk, new Random(random.int(0, 1e9)));
  const spawn = (tellCommit = 0) =>
    new Life(options.host, { clinic: desk.clinic, mirror, cursor: consumer.cursor, tellCommit }, consumer);
  const check = async (life: Life) => {
    figures.equalMs.push(await checkQuiet(life, desk, receptionist, consumer));
    figures.checks++;
  };
  let life: Life | undefined;
  let stage: Stage | 'last' = 'last';
  await receptionist.open();
  try {
    for (let i = 0; i < kills && consumer.violations.length === 0; i++) {
      stage = random.weighted(STAGES);
      const drawn = stage;
      const began = performance.now();
      const current = (life = spawn(commitToTell(drawn, random)));
      await awaitMoment(drawn, {
        life: current,
        random,
        check: async () => {
          figures.liveMs.push(performance.now() - began);
          await check(current);
          receptionist.resume();
        },
        burst: () => receptionist.burst(100),
      });
      await current.kill();
      figures.kills++;
      figures.byStage[drawn] = (figures.byStage[drawn] ?? 0) + 1;
      options.onKill?.(figures);
    }
    stage = 'last';
    life = spawn();
    await life.untilPhase('live');
    await check(life);
    await life.stop();
    await checkDisk(mirror, desk, consumer);
  } catch (error) {
    const figures = `${receptionist.commits} commits at the desk, last event ${consumer.idleMs} ms ago`;
    consumer.violate('progress', `${(error as Error).message} Stage ${stage}, ${figures}, ${life?.lastWords ?? ''}`);
  } finally {
    await life?.kill();
    await receptionist.close();
    figures.events += consumer.events;
    figures.commits += receptionist.commits;
    figures.violations.push(...consumer.violations);
  }
}

/** The file itself, opened by another process than the one that wrote it. */
async function checkDisk(path: string, desk: Desk, consumer: Consumer): Promise<void> {
  const { signal } = new AbortController();
  const opened = await sqliteMirror({ path }).open({ clinicId: 'killed', incarnation: 'afterwards', signal });
  if (opened.isErr()) {
    consumer.violate('S1', `the mirror could not be opened: ${opened.error.code}`);
    return;
  }
  const rows: StoredRow[] = [];
  const scanned = await opened.value.scan((page) => rows.push(...page) >= 0);
  const closed = await opened.value.close(true);
  if (scanned.isErr() || closed.isErr()) consumer.violate('S1', 'the mirror could not be read');
  const wrong = difference(stored(rows), truthOf(await desk.rows()));
  if (wrong) consumer.violate('S1', `the mirror on disk: ${wrong}`);
}
