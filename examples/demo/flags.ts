import { parseArgs } from 'node:util';

export type Engine = 'sqlite' | 'postgres';

export interface Flags {
  readonly engine: Engine;
  readonly seed: number;
  readonly keepRunning: boolean;
}

export const USAGE = `usage: npm run demo -- [--engine sqlite|postgres] [--seed N] [--keep-running]

  --engine        the clinic's database; default sqlite. Postgres is taken from CLINIC_SYNC_TEST_POSTGRES_URL,
                  Docker, or this machine's binaries
  --seed          a whole number from 0 to 4294967295; the same seed makes the same practice on the same day. Default 1
  --keep-running  go on with random changes after the story, until Ctrl-C
`;

/** `undefined` where help was asked for. Throws for anything that cannot be meant. */
export function readFlags(args: readonly string[]): Flags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: 'sqlite' },
      seed: { type: 'string', default: '1' },
      'keep-running': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const { engine } = values;
  if (engine !== 'sqlite' && engine !== 'postgres') throw new Error(`Unknown engine '${engine}'.`);
  const seed = /^\d{1,10}$/.test(values.seed) ? Number(values.seed) : Number.NaN;
  if (!(seed < 2 ** 32)) throw new Error(`'${values.seed}' is no seed.`);
  return { engine, seed, keepRunning: values['keep-running'] };
}
