import type { ClinicSync } from '../../src/clinic-sync.js';
import type { FromHost, ToHost } from './messages.js';

const tell = (message: FromHost) => process.send?.(message);

const RETRY_MS = 250;

export interface ServeOptions {
  /** To what the parent asks beyond snapshots. */
  readonly answer?: (request: unknown) => Promise<unknown>;
  /** A start that failed is tried again, as by whoever watches over a host; otherwise the parent hears of it. */
  readonly retryStart?: boolean;
}

/** In a host's process: starts, tells the parent of every event over IPC, and does what the parent asks. */
export function serveHost(
  sync: ClinicSync,
  cursor: string | null,
  { answer = () => Promise.resolve(undefined), retryStart = false }: ServeOptions = {},
): void {
  const begin = async () => {
    const snapshot = await sync.snapshot();
    if (snapshot.isErr()) {
      tell({ type: 'failed', what: `snapshot: ${snapshot.error.code}` });
      return;
    }
    tell({ type: 'begin', ...snapshot.value });
    follow(snapshot.value.cursor);
  };
  const follow = (after: string) => {
    const subscription = sync.events({ after }).subscribe({
      next: (event) => {
        tell({ type: 'event', event });
        if (event.type !== 'snapshot.replaced') return;
        subscription.unsubscribe();
        void begin();
      },
      error: (error: { code?: string }) => tell({ type: 'failed', what: `events: ${String(error.code)}` }),
    });
  };
  let following = false;
  sync.status$.subscribe(({ phase, lastFault }) => {
    tell({ type: 'status', phase, fault: lastFault });
    if (phase === 'idle' || phase === 'stopped' || following) return;
    following = true;
    if (cursor === null) void begin();
    else follow(cursor);
  });
  process.on('message', (message: ToHost) => {
    if (message.type === 'stop') void sync.stop().then(() => process.disconnect());
    else if (message.type === 'ask') {
      void answer(message.request).then((value) => tell({ type: 'answer', nth: message.nth, value }));
    } else {
      void sync.snapshot().then((snapshot) => {
        if (snapshot.isOk()) tell({ type: 'snapshot', ...snapshot.value });
        else tell({ type: 'failed', what: `snapshot: ${snapshot.error.code}` });
      });
    }
  });
  // The parent is gone.
  process.on('disconnect', () => process.exit());
  const start = async () => {
    const started = await sync.start();
    if (started.isOk()) return;
    if (retryStart) setTimeout(() => void start(), RETRY_MS);
    else tell({ type: 'failed', what: `start: ${started.error.code}` });
  };
  void start();
}
