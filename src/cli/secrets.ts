import { statSync } from 'node:fs';

import { usage } from './failure.js';

const SHORTEST = 4;
const HIDDEN = '***';
const NAMES_A_SECRET = /PASS|SECRET|TOKEN|CREDENTIAL|API_?KEY|_URL$|_DSN$/i;
const URL_WITH_PASSWORD = /[a-z][\w+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i;
const PASSWORD_OPTION = /^--?(pass|passwd|password|pw|pwd|secret|token)(=|$)/i;
/** Of a configuration file: a URL with a password in it, or a password that is written out. */
const WRITTEN_OUT = /:\/\/[^\s/:@'"`$]*:[^\s/@'"`$]+@|\bpass(?:word|wd)?['"]?\s*:\s*['"`][^'"`$]/i;

/** What must never be shown, and a look at every text that was not made by us. */
export class Secrets {
  readonly #known = new Set<string>();

  add(secret: string): void {
    for (const form of [secret, decoded(secret), encodeURIComponent(secret)])
      if (form.length >= SHORTEST) this.#known.add(form);
  }

  /** Remembers the password of a URL, or all of a text that is no URL. */
  addUrl(text: string): void {
    const url = URL.parse(text);
    if (!url) this.add(text);
    else if (url.password !== '') {
      this.add(url.password);
      this.add(text);
    }
  }

  /** Remembers what an environment's names say is secret. */
  addEnvironment(environment: NodeJS.ProcessEnv): void {
    for (const [name, value] of Object.entries(environment))
      if (value !== undefined && NAMES_A_SECRET.test(name)) this.addUrl(value);
  }

  hide(text: string): string {
    let shown = text;
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length)) shown = shown.replaceAll(secret, HIDDEN);
    return shown;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Everybody on a machine can read the arguments of its processes, and a shell keeps them. Throws `Usage`. */
export function refuseSecretArguments(args: readonly string[]): void {
  const where = 'from an environment variable (--url-env NAME) or a file (--url-file PATH)';
  if (args.some((arg) => URL_WITH_PASSWORD.test(arg)))
    throw usage(
      'A URL with a password is not taken as an argument.',
      `Other users of this machine can read arguments. Give the URL ${where}.`,
    );
  if (args.some((arg) => PASSWORD_OPTION.test(arg)))
    throw usage('No password is taken as an argument.', `Put it into the URL, ${where}.`);
}

export function holdsWrittenSecret(text: string): boolean {
  return WRITTEN_OUT.test(text);
}

/** What to say of a file with a secret that others than its owner may read; `undefined` where they may not, or cannot be told. */
export function exposure(path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o044) === 0) return undefined;
  return `${path} holds a secret and can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`;
}
