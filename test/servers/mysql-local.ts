import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { createConnection } from 'mysql2/promise';

import { freePort, homeOf, isExecutable, run, startServer, unprivileged, type OwnServer } from './process.js';

export interface MysqlBinaries {
  readonly server: string;
  /** Of MariaDB; MySQL's server makes its own folder. */
  readonly install: string | undefined;
}

/** MariaDB's server of this machine, or MySQL's. */
export async function findMysqlBinaries(): Promise<MysqlBinaries | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/sbin'];
  const find = async (name: string) => {
    for (const folder of folders) if (await isExecutable(join(folder, name))) return join(folder, name);
    return undefined;
  };
  const mariadb = await find('mariadbd');
  const install = await find('mariadb-install-db');
  if (mariadb !== undefined && install !== undefined) return { server: mariadb, install };
  const mysql = await find('mysqld');
  return mysql === undefined ? undefined : { server: mysql, install: undefined };
}

export async function startMysqlLocal(
  { server, install }: MysqlBinaries,
  settings: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<OwnServer> {
  const who = await unprivileged(['mysql', 'nobody']);
  const home = await homeOf(who, 'clinic-sync-my-');
  const dataDir = join(home, 'data');
  const init = join(home, 'init.sql');
  // Each line is one statement.
  await writeFile(
    init,
    "create user admin@'%' identified by 'test';\ngrant all on *.* to admin@'%' with grant option;\n",
  );
  const as = { ...who, cwd: home };
  if (install === undefined) await run(server, ['--no-defaults', '--initialize-insecure', `--datadir=${dataDir}`], as);
  else {
    const quiet = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-log-bin'];
    // Several at once in one folder for temporary tables take each other's.
    await run(install, ['--no-defaults', `--datadir=${dataDir}`, `--tmpdir=${home}`, ...quiet], as);
  }
  const port = String(await freePort());
  const args = [
    '--no-defaults',
    `--datadir=${dataDir}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(home, 's')}`,
    `--pid-file=${join(home, 'pid')}`,
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=2',
    '--max-connections=300',
    ...settings,
  ];
  const url = `mysql://admin:test@127.0.0.1:${port}`;
  let isFirst = true;
  return startServer({
    url,
    home,
    dataDir,
    binDir: join(server, '..'),
    pidFile: join(home, 'pid'),
    quit: 'SIGKILL',
    spawn: () => {
      const once = isFirst ? [`--init-file=${init}`] : [];
      isFirst = false;
      return spawn(server, [...args, ...once], { ...as, stdio: 'ignore', env: { ...process.env, ...env } });
    },
    ask: async () => {
      const connection = await createConnection(url);
      await connection.end();
    },
  });
}
