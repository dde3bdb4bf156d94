import { styleText } from 'node:util';

import { toIso } from '../../index.js';
import type { Failure } from '../failure.js';
import type { Secrets } from '../secrets.js';

type Style = Parameters<typeof styleText>[0];

/** Fields that hold instants, in everything that this command prints as JSON: ISO texts there. */
const INSTANTS = new Set(['start', 'end', 'at', 'cutoff', 'verifiedAt', 'since', 'until']);

export interface OutputOptions {
  readonly isJson: boolean;
  readonly secrets: Secrets;
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Answers go to standard output, everything else to standard error. With `--json` the former carries JSON alone. */
export class Output {
  readonly isJson: boolean;
  readonly #options: OutputOptions;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.isJson = options.isJson;
  }

  /** An answer: as JSON, or the lines for a person. */
  answer(value: object, lines: () => readonly string[]): void {
    if (this.isJson) this.#print(toJson(value, 2));
    else for (const line of lines()) this.#print(line);
  }

  /** One of many answers: as one line either way. */
  item(value: object, line: () => string): void {
    this.#print(this.isJson ? toJson(value) : line());
  }

  /** Something beside the answer. */
  note(text: string): void {
    this.#say(text);
  }

  warn(text: string): void {
    this.#say(`${this.styled('yellow', 'warning:', this.#options.stderr)} ${text}`);
  }

  failure({ status, advice, ...error }: Failure): void {
    const { field, driverCode, code } = error;
    const details = [code === 'Usage' ? '' : code, driverCode ?? '', field ?? ''].filter((each) => each !== '');
    const suffix = details.length > 0 ? ` (${details.join(', ')})` : '';
    this.#say(`${this.styled('red', 'error:', this.#options.stderr)} ${error.message}${suffix}`);
    if (advice !== undefined) this.#say(`       ${advice}`);
    if (this.isJson) {
      const body = { ...error, ...(advice !== undefined && { advice }), exitStatus: status };
      this.#print(this.#options.secrets.hide(toJson({ error: body }, 2)));
    }
  }

  /** Coloured where a person looks at it. */
  styled(style: Style, text: string, stream: NodeJS.WriteStream = this.#options.stdout): string {
    const { NO_COLOR } = this.#options.environment;
    if (!stream.isTTY || (NO_COLOR !== undefined && NO_COLOR !== '')) return text;
    return styleText(style, text, { validateStream: false });
  }

  get progressStream(): NodeJS.WriteStream {
    return this.#options.stderr;
  }

  #print(text: string): void {
    this.#options.stdout.write(`${text}\n`);
  }

  #say(text: string): void {
    this.#options.stderr.write(`${this.#options.secrets.hide(text)}\n`);
  }
}

export function toJson(value: object, indent?: number): string {
  const iso = (key: string, field: unknown) =>
    INSTANTS.has(key) && typeof field === 'number' && Number.isSafeInteger(field) ? toIso(field) : field;
  return JSON.stringify(value, iso, indent);
}
