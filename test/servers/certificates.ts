import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { homeOf, run, unprivileged } from './process.js';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Files that a database server can read which is run as one of these users. */
  filesFor(users: readonly string[]): Promise<{ readonly cert: string; readonly key: string }>;
}

/** A certificate authority that lives for one test. */
export interface Authority {
  /** Its own certificate, in PEM. */
  readonly ca: string;
  /** Where it lies. */
  readonly file: string;
  /** `names` as OpenSSL writes them: `DNS:clinic.test,IP:127.0.0.1`. A negative number of days: no longer valid. */
  issue(names: string, days?: number): Promise<Certificate>;
  dispose(): Promise<void>;
}

/** Made with the `openssl` command; `undefined`, said aloud, where that is missing. */
export async function makeAuthority(subject = 'throw-away'): Promise<Authority | undefined> {
  const folders = [await mkdtemp(join(tmpdir(), 'clinic-sync-ca-'))];
  const [home = ''] = folders;
  const file = (name: string) => join(home, name);
  const openssl = (command: string, ...args: string[]) =>
    run('openssl', [...command.split(' '), ...args], { cwd: home });
  const dispose = async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  };
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  try {
    await openssl(`req -x509 ${newKey} -days 2 -keyout ca.key -out ca.pem`, '-subj', `/CN=${subject}`);
  } catch (error) {
    await dispose();
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    process.stderr.write('tests of TLS are skipped: there is no openssl command. To add it: apt-get install openssl\n');
    return undefined;
  }
  let issued = 0;
  return {
    ca: await readFile(file('ca.pem'), 'utf8'),
    file: file('ca.pem'),
    dispose,
    issue: async (names, days = 2) => {
      const [key, request, extensions, cert] = ['key', 'csr', 'ext', 'pem'].map((ending) => `${issued}.${ending}`);
      issued++;
      await openssl(`req ${newKey} -keyout ${key} -out ${request}`, '-subj', '/CN=server');
      await writeFile(file(extensions ?? ''), `subjectAltName=${names}\n`);
      const signed = `x509 -req -in ${request} -CA ca.pem -CAkey ca.key -CAcreateserial -extfile ${extensions}`;
      await openssl(`${signed} -days ${days} -out ${cert}`);
      const pem = { cert: await readFile(file(cert ?? ''), 'utf8'), key: await readFile(file(key ?? ''), 'utf8') };
      return {
        ...pem,
        filesFor: async (users) => {
          const who = await unprivileged(users);
          const folder = await homeOf(who, 'clinic-sync-tls-');
          folders.push(folder);
          const written = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
          for (const part of ['cert', 'key'] as const) {
            await writeFile(written[part], pem[part], { mode: 0o600 });
            if (who) await chown(written[part], who.uid, who.gid);
          }
          return written;
        },
      };
    },
  };
}
