import { WHOLE_FUTURE, type LinkEvents } from 'clinic-sync';
import type { EventEmitter } from 'eventemitter3';
import { fromCallback } from 'node-firebird/lib/callback.js';
import type FbEventManager from 'node-firebird/lib/wire/fbEventManager.js';

import { nameLiteral, textLiteral } from './literals.js';
import { LABELS, type FirebirdSchema } from './options.js';
import { within } from './results.js';
import type { Session } from './session.js';

const REGISTER_MS = 10_000;

/**
 * Hears of the event that the clinic's triggers post. An event says that something was committed, and how often it was posted in
 * all; the first one comes without any reason. So it is a place to look and no more: everything.
 */
export async function listen(
  session: Session,
  event: string,
  events: EventEmitter<LinkEvents>,
): Promise<{ close(): Promise<void> }> {
  const register = async () => {
    const manager = await fromCallback<FbEventManager>((done) => session.db.attachEvent(done));
    let isOver = false;
    const lost = () => {
      if (!isOver) events.emit('pushLost');
      isOver = true;
    };
    manager.on('post_event', () => {
      if (!isOver) events.emit('hint', WHOLE_FUTURE);
    });
    manager.on('error', lost);
    await fromCallback<unknown>((done) => {
      manager.registerEvent([event], done);
    });
    return {
      close: async () => {
        isOver = true;
        // The server lets go of the event's own connection when the session says goodbye, so nobody waits for that.
        if (!session.isEnded) manager.close(() => {});
        await session.close();
      },
    };
  };
  try {
    return await within(REGISTER_MS, register(), () => {});
  } catch (error) {
    session.drop();
    throw error;
  }
}

/** The statements that the clinic's administrator runs once, so that its own software posts the event. */
export function eventTriggers(schema: FirebirdSchema, event: string): readonly string[] {
  return LABELS.flatMap((label) => {
    const table = schema[label]?.table;
    if (table === undefined) return [];
    const name = nameLiteral(`clinic_sync_${label}`.toUpperCase());
    return [
      `create or alter trigger ${name} for ${table} active after insert or update or delete
       as begin post_event ${textLiteral(event)}; end`,
    ];
  });
}
