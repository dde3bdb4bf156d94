import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { postgresAdapter } from '../../src/adapters/postgres/index.js';
import { ClinicSync, type EventOf } from '../../src/index.js';
import { sqliteMirror } from '../../src/mirror/sqlite/index.js';
import { TcpProxy, type RoadOptions } from '../../src/testing/index.js';
import type { TestDatabase } from '../../test/servers/postgres.js';
import { sizedPostgres } from '../clinics/postgres.js';
import { postgresUsedMs } from '../clinics/server-time.js';
import { SIZED_SCHEMA, type Size } from '../clinics/sizes.js';

/** What a resync took, from the connection to its end. */
export interface Cost {
  readonly bytes: number;
  readonly trips: number;
  readonly ms: number;
  /** Of the clinic's processor. */
  readonly serverMs: number;
  readonly read: number;
}

/** A practice at the end of a road that is measured. */
export class Ground {
  private constructor(
    readonly clinic: TestDatabase,
    private readonly proxy: TcpProxy,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  static async open(serverUrl: string, size: Size): Promise<Ground> {
    const clinic = await sizedPostgres(serverUrl, size);
    const url = new URL(clinic.readerUrl);
    const proxy = await TcpProxy.listen({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    return new Ground(clinic, proxy, await mkdtemp(join(tmpdir(), 'clinic-sync-bench-')), url.href);
  }

  become(road: RoadOptions): void {
    this.proxy.become(road);
  }

  get address(): string {
    return this.url;
  }

  get traffic() {
    return this.proxy.traffic;
  }

  /** A host with a mirror file of this name. Answers what its first copy took. */
  async start(name: string): Promise<{ readonly sync: ClinicSync; readonly copy: Cost }> {
    const sync = new ClinicSync({
      clinicId: name,
      adapter: postgresAdapter({ connection: this.url, schema: SIZED_SCHEMA }),
      mirror: sqliteMirror({ path: join(this.folder, name) }),
      // A slow road is no dead one.
      tuning: { readTimeoutMs: 600_000, breakerShare: 1 },
    });
    const measured = this.measure(sync);
    const started = await sync.start();
    if (started.isErr()) throw started.error;
    return { sync, copy: await measured };
  }

  /** Cuts the road, has the clinic changed meanwhile, and answers what the resync takes once it is mended. */
  async outage(sync: ClinicSync, change: (clinic: TestDatabase) => Promise<void>): Promise<Cost> {
    const { proxy } = this;
    proxy.set('refuse');
    proxy.cut();
    await change(this.clinic);
    const measured = this.measure(sync);
    proxy.set('pass');
    return measured;
  }

  private async measure(sync: ClinicSync): Promise<Cost> {
    const { proxy, clinic } = this;
    const used = () => postgresUsedMs(clinic.admin, clinic.reader);
    await once(sync, 'connection.established');
    const [before, began, usedBefore] = [proxy.traffic, performance.now(), used()];
    const { read } = await once(sync, 'resync.completed');
    const [after, ms, usedAfter] = [proxy.traffic, performance.now() - began, await used()];
    return {
      bytes: after.toClient - before.toClient + after.toServer - before.toServer,
      trips: after.turns - before.turns,
      ms,
      serverMs: usedAfter - (await usedBefore),
      read,
    };
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.clinic.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function once<T extends 'connection.established' | 'resync.completed'>(sync: ClinicSync, type: T): Promise<EventOf<T>> {
  return new Promise((resolve) => {
    const hear = (event: EventOf<T>) => {
      sync.off(type, hear);
      resolve(event);
    };
    sync.on(type, hear);
  });
}
