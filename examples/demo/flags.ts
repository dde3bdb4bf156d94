import { parseArgs } from 'node:util';

export type Engine = 'sqlite' | 'postgres';

export interface Flags {
  readonly engine: Engine;
  readonly seed: number;
  readonly keepRunning: boolean;
  /** Serve the live page instead of telling the story. */
  readonly web: boolean;
  /** Of the live page; 0: any. */
  readonly port: number;
}

export const USAGE = `usage: npm run demo -- [--engine sqlite|postgres] [--seed N] [--keep-running]
       npm run demo -- --web [--port N] [--engine sqlite|postgres] [--seed N]

  --engine        the clinic's database; default sqlite. Postgres is taken from CLINIC_SYNC_TEST_POSTGRES_URL,
                  Docker, or this machine's binaries
  --seed          a whole number from 0 to 4294967295; the same seed makes the same practice on the same day. Default 1
  --keep-running  go on with random changes after the story, until Ctrl-C
  --web           serve the live page, until Ctrl-C: the front desk and a patient online side by side
  --port          of the live page, on this machine alone. Default 4711
`;

/** `undefined` where help was asked for. Throws for anything that cannot be meant. */
export function readFlags(args: readonly string[]): Flags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: 'sqlite' },
      seed: { type: 'string', default: '1' },
      web: { type: 'boolean', default: false },
      port: { type: 'string', default: '4711' },
      'keep-running': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { engine } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new Error(`Unknown engine '${engine}'.`);
  const seed = /^\d{1,10}$/.test(values.seed) ? Number(values.seed) : Number.NaN;
  if (!(seed < 2 ** 32)) throw new Error(`'${values.seed}' is no seed.`);
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port < 2 ** 16)) throw new Error(`'${values.port}' is no port.`);
  return { engine, seed, keepRunning: values['keep-running'], web: values.web, port };
}
