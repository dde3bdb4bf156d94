import { randomUUID } from 'node:crypto';

import { sql, type Kysely } from 'kysely';

import { SECOND } from '../../domain/instant.js';
import { WHOLE_FUTURE, type Scope } from '../../domain/scope.js';
import type { WatchedTable } from '../sql/tables.js';
import { PUSH_TRIGGERS, triggerArguments } from './push-sql.js';
import type { Session } from './session.js';

/** Between two self-tests, and how long the server has for one: a dead push is found within 12 s. */
const SELF_TEST_MS = 8 * SECOND;
const DEADLINE_MS = 4 * SECOND;

export interface ListenOptions {
  readonly session: Session;
  readonly channel: string;
  readonly tables: readonly WatchedTable[];
  readonly onHint: (scope: Scope) => void;
  /** Push can no longer be trusted; at most once. */
  readonly onDead: () => void;
}

/** Listens and proves that it hears; `undefined` where triggers are missing or the proof fails. */
export async function listen(options: ListenOptions): Promise<{ close(): void } | undefined> {
  const { session, channel, tables } = options;
  const awaited = new Map<string, () => void>();
  session.onNotification(({ channel: heard, payload = '' }) => {
    if (heard !== channel) return;
    const message = parse(payload);
    const nonce = message['nonce'];
    if (typeof nonce === 'string') awaited.get(nonce)?.();
    else options.onHint(scopeOf(message, tables));
  });

  /** Our own notification comes back within the deadline, and every trigger is where it was. */
  const selfTest = async (): Promise<boolean> => {
    const nonce = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    const heard = new Promise<true>((resolve) => {
      awaited.set(nonce, () => {
        resolve(true);
      });
    });
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, DEADLINE_MS);
    });
    const asked = session.run(async (db) => {
      if (!(await triggersInPlace(db, tables, channel))) return false;
      await sql`select pg_notify(${channel}, ${JSON.stringify({ nonce })})`.execute(db);
      return heard;
    });
    try {
      return await Promise.race([asked, late]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      awaited.delete(nonce);
    }
  };

  await session.run((db) => sql`listen ${sql.id(channel)}`.execute(db));
  if (!(await selfTest())) return undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const again = () => {
    timer = setTimeout(() => {
      void selfTest().then((passed) => {
        if (closed) return;
        if (passed) again();
        else options.onDead();
      });
    }, SELF_TEST_MS).unref();
  };
  again();
  return {
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Every mapped table has all triggers, switched on and made for this channel, and no partition that goes around them. */
async function triggersInPlace(db: Kysely<object>, tables: readonly WatchedTable[], channel: string): Promise<boolean> {
  for (const { label, ids, path } of tables) {
    const expected = Buffer.from(triggerArguments({ label, ids }, channel).join('\0') + '\0').toString('hex');
    const relation = sql`to_regclass(concat_ws('.', ${sql.join(path.map((name) => sql`quote_ident(${name}::text)`))}))`;
    const { rows } = await sql<{ triggers: number; plain: boolean }>`
      select count(t.oid)::int as triggers,
        bool_and(c.relkind = 'r' and not exists (select from pg_inherits i where i.inhparent = c.oid))
          and current_setting('max_prepared_transactions') = '0' as plain
      from pg_class c
      join pg_trigger t on t.tgrelid = c.oid and t.tgenabled in ('O', 'A') and not t.tgisinternal
        and t.tgname = any(${Object.keys(PUSH_TRIGGERS)}) and encode(t.tgargs, 'hex') = ${expected}
      where c.oid = ${relation}
    `.execute(db);
    if (rows[0]?.plain !== true || rows[0].triggers !== Object.keys(PUSH_TRIGGERS).length) return false;
  }
  return true;
}

/** Anybody may notify on the channel, so anything may come: what cannot be understood means "look everywhere". */
function parse(payload: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(payload)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function scopeOf(message: Readonly<Record<string, unknown>>, tables: readonly WatchedTable[]): Scope {
  const table = tables.find(({ label }) => label === message['t']);
  if (!table) return WHOLE_FUTURE;
  const ids: unknown = message['ids'];
  return Array.isArray(ids) && ids.every((id) => typeof id === 'string') ? table.scopeOf(ids) : table.scopeOf();
}
