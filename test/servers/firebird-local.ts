import { execFile, spawn, type ExecFileOptions } from 'node:child_process';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import Firebird from 'node-firebird';

import { freePort, homeOf, isExecutable, startServer, unprivileged, type OwnServer } from './process.js';

export interface FirebirdBinaries {
  readonly server: string;
  readonly isql: string;
}

export const FIREBIRD_PASSWORD = 'test';

/** The machine's own Firebird 3, as Debian's package `firebird3.0-server` lays it out, or one on the path. */
export async function findFirebirdBinaries(): Promise<FirebirdBinaries | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/opt/firebird/bin'];
  const find = async (...names: readonly string[]) => {
    for (const folder of folders)
      for (const name of names) if (await isExecutable(join(folder, name))) return join(folder, name);
    return undefined;
  };
  const server = await find('firebird');
  const isql = await find('isql-fb');
  return server !== undefined && isql !== undefined ? { server, isql } : undefined;
}

/**
 * A server in a temporary folder. Its clock is set to `zone`, as the server of a clinic is. The URL's path is the folder in which
 * databases are made.
 */
export async function startFirebirdLocal(
  { server, isql }: FirebirdBinaries,
  zone: string,
  settings: readonly string[] = [],
): Promise<OwnServer> {
  const who = await unprivileged(['firebird', 'nobody']);
  const home = await homeOf(who, 'clinic-sync-fb-');
  const dataDir = join(home, 'data');
  const port = await freePort();
  const security = join(home, 'security.fdb');
  // The first line of a name is the one that counts.
  const lines = [
    ...settings,
    `RemoteServicePort = ${String(port)}`,
    'RemoteBindAddress = 127.0.0.1',
    `SecurityDatabase = ${security}`,
    'AuthServer = Srp',
    'UserManager = Srp',
    'WireCrypt = Enabled',
  ];
  await writeFile(join(home, 'firebird.conf'), `${lines.join('\n')}\n`);
  for (const folder of [dataDir, join(home, 'lock')]) {
    await mkdir(folder);
    if (who) await chown(folder, who.uid, who.gid);
  }
  const { FIREBIRD: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    // Where it looks for its settings, and keeps what it has of its own.
    FIREBIRD: home,
    FIREBIRD_LOCK: join(home, 'lock'),
    FIREBIRD_TMP: home,
    TZ: zone,
  };
  const as = { ...who, cwd: home, env };
  await makeSecurity(isql, security, as);
  const database = `127.0.0.1:${String(port)}${dataDir}`;
  return startServer({
    url: `firebird://sysdba:${FIREBIRD_PASSWORD}@${database}?zone=${encodeURIComponent(zone)}`,
    home,
    dataDir,
    binDir: join(server, '..'),
    pidFile: join(home, 'pid'),
    quit: 'SIGKILL',
    // The shell leaves its number in the file and becomes the server.
    spawn: () => spawn('sh', ['-c', 'echo $$ > pid; exec "$0"', server], { ...as, stdio: 'ignore' }),
    ask: async () => {
      const login = { user: 'sysdba', password: FIREBIRD_PASSWORD };
      const place = { host: '127.0.0.1', port, database: security };
      const db = await Firebird.attachAsync({ ...place, ...login });
      await db.detachAsync();
    },
  });
}

/**
 * Nobody listens yet, so the engine is run by the tool itself, which needs no password for that. Done again where the salt is one
 * that the driver misreads (examples/firebird-adapter/challenge.ts), since tests use the driver as it is.
 */
async function makeSecurity(isql: string, path: string, as: ExecFileOptions): Promise<void> {
  const script = `
    create database '${path}' user sysdba;
    commit;
    create user sysdba password '${FIREBIRD_PASSWORD}' using plugin Srp;
    commit;
    set heading off;
    select iif(octet_length(plg$salt) = 32 and ascii_val(substring(plg$salt from 1 for 1)) >= 16, 'LONG', 'SHORT')
    from plg$srp;
  `;
  let said = '';
  while (!said.includes('LONG')) {
    await rm(path, { force: true });
    said = await new Promise<string>((resolve, reject) => {
      const tool = execFile(isql, ['-quiet', '-bail'], { ...as, encoding: 'utf8' }, (error, stdout) => {
        if (error) reject(new Error('The security database could not be made.', { cause: error }));
        else resolve(stdout);
      });
      tool.stdin?.end(script);
    });
  }
}
