import { Command, CommanderError, Option } from 'commander';

import { chooseClinic, DEFAULT_URL_ENV, type ClinicOptions } from './config/choose.js';
import { PRESET_NAMES } from './config/schema.js';
import { COMMANDS } from './commands/index.js';
import type { CliCommand, CommandContext } from './commands/command.js';
import { EXIT, type ExitStatus } from './exit.js';
import { failureOf, isLibraryError, Stop, usage, type Failure } from './failure.js';
import { refuseSecretArguments, Secrets } from './secrets.js';
import { Interruption } from './terminal/interruption.js';
import { Output } from './terminal/output.js';

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Of the package. */
  readonly version: string;
}

type CommonOptions = ClinicOptions & { readonly json?: boolean };

/** Runs one command line, and answers with its exit status. Never throws. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitStatus> {
  const secrets = new Secrets();
  secrets.addEnvironment(surroundings.environment);
  const outputFor = (isJson: boolean) => new Output({ ...surroundings, isJson, secrets });
  let status: ExitStatus = EXIT.fine;
  const carryOut = async (command: CliCommand, options: CommonOptions): Promise<void> => {
    const output = outputFor(options.json === true);
    const interruption = new Interruption();
    try {
      const config = await chooseClinic(options, { output, secrets, environment: surroundings.environment });
      const context: CommandContext = { config, output, interruption };
      status = await command.run(context, options);
    } finally {
      interruption.end();
    }
  };
  try {
    refuseSecretArguments(args);
    await programOf(carryOut, surroundings).parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.fine;
    const failure = failureFrom(error);
    outputFor(args.includes('--json')).failure(failure);
    return failure.status;
  }
}

function programOf(
  carryOut: (command: CliCommand, options: CommonOptions) => Promise<void>,
  { stdout, stderr, version }: Surroundings,
): Command {
  const program = new Command('clinic-sync')
    .description("Looks after a clinic's mirror: what its database is like, what changes, what is free, what differs.")
    .version(version);
  const prepared = (command: Command) =>
    command
      .exitOverride()
      .showHelpAfterError(false)
      .configureOutput({
        writeOut: (text) => stdout.write(text),
        writeErr: (text) => stderr.write(text),
        // Told once, by whoever catches it: as JSON where that was asked for.
        outputError: () => undefined,
      });
  prepared(program);
  for (const each of COMMANDS) {
    const command = prepared(program.command(each.name)).description(each.description);
    each.declare(command);
    addCommonOptions(command);
    command.action((options: CommonOptions) => carryOut(each, options));
  }
  program.addHelpText(
    'after',
    '\nExit status: 0 fine; 1 findings, differences, or a request refused; 2 usage or configuration; 3 the clinic or\nthe mirror could not be looked at; 4 in doubt. Every command takes --json. More: docs/CLI.md',
  );
  return program;
}

function addCommonOptions(command: Command): void {
  const group = 'Which clinic:';
  const add = (flags: string, description: string) =>
    command.addOption(new Option(flags, description).helpGroup(group));
  add('--config <file>', 'configuration file (default: clinic-sync.config.js, .mjs or .ts here)');
  add('--clinic <id>', 'which of the clinics that are configured');
  add('--preset <name>', `without a file: the practice system (${PRESET_NAMES.join(', ')})`);
  add('--schema <file>', 'without a file: the mapping, as JSON');
  add('--zone <zone>', "the practice's IANA zone");
  add('--url-env <name>', `the environment variable that holds the database's URL (default: ${DEFAULT_URL_ENV})`);
  add('--url-file <path>', "a file that holds the database's URL");
  add('--url <url>', "the database's URL, where it has no password");
  add('--mirror <path>', 'where the copy is kept (SQLite file; default: as configured, otherwise in memory)');
  add('--write', 'without a file: bookings and deletions are allowed');
  command.option('--json', 'answer as JSON, on standard output alone');
}

function failureFrom(error: unknown): Failure {
  if (error instanceof Stop) return error.failure;
  if (error instanceof CommanderError) return usage(withoutValues(error), 'See clinic-sync --help.').failure;
  if (isLibraryError(error)) return failureOf(error);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : 'Something that is no error was thrown.';
  return { code: 'Usage', message: text, status: EXIT.usage, retryable: false };
}

/** Arguments that nobody understood may hold anything, a secret as well. */
function withoutValues({ code, message }: CommanderError): string {
  const plain = message.replace(/^error: /, '').replace(/\n\(.*/s, '');
  if (code === 'commander.excessArguments' || code === 'commander.unknownCommand')
    return plain.replace(/: .*$/s, '.').replace(/unknown command .*/s, 'There is no such command.');
  return plain.replace(/(unknown option '[^'=]*)=.*/s, "$1'");
}
