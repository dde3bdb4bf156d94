import type { ClinicSync, StoredRow } from '../../index.js';
import { EXIT } from '../exit.js';
import { stopWith, usage, type Stop } from '../failure.js';
import { spanText } from '../terminal/times.js';
import type { CliCommand } from './command.js';
import { KEY, keyOf, settle, WAIT, waitOf, type RequestOptions } from './request.js';
import { reach, withSync } from './started.js';

interface DeleteOptions extends RequestOptions {
  readonly id: string;
  readonly fingerprint?: string;
}

/** Deletes one version of an appointment, as `ClinicSync.delete` does. Without a fingerprint it only shows which version there is. */
export const remove: CliCommand<DeleteOptions> = {
  name: 'delete',
  description: "deletes an appointment from the clinic's database",
  declare: (command) => {
    command
      .requiredOption('--id <id>', 'the appointment')
      .option('--fingerprint <text>', 'the version that was seen; left out: it is shown, and nothing is deleted')
      .option(...KEY)
      .option(...WAIT);
  },
  run: async (context, options) => {
    const { config, output } = context;
    const { id, fingerprint } = options;
    const waitMs = waitOf(options);
    return withSync(config, context, async (sync) => {
      if (fingerprint === undefined) {
        await reach(sync);
        throw unnamed(await versionOf(sync, id));
      }
      const idempotencyKey = keyOf(options, context);
      await reach(sync);
      const deletion = await settle(sync, context, { key: idempotencyKey, waitMs }, async () =>
        (await sync.delete({ id, fingerprint, idempotencyKey })).match(
          (ok) => ({ ok }),
          (error) => ({ error }),
        ),
      );
      output.answer({ clinicId: config.clinicId, outcome: 'deleted', id, fingerprint, ...deletion }, () => [
        `deleted appointment ${id}`,
      ]);
      return EXIT.fine;
    });
  },
};

async function versionOf(sync: ClinicSync, id: string): Promise<StoredRow> {
  const snapshot = await sync.snapshot();
  if (snapshot.isErr()) throw stopWith(snapshot.error);
  const found = snapshot.value.rows.find(({ row }) => row.id === id && row.kind !== 'session');
  if (found) return found;
  throw stopWith({ code: 'AppointmentGone', message: 'There is no such appointment in the future.' });
}

function unnamed({ row, fingerprint }: StoredRow): Stop {
  const { id, practitionerIds, zone } = row;
  return usage(
    `Nothing was deleted: appointment ${id} is ${practitionerIds.join('+')}, ${spanText(row, zone)} ${zone}.`,
    `To delete this version: --fingerprint ${fingerprint}`,
  );
}
