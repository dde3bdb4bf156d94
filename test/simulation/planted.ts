/** A fault planted into the engine's source before it is bundled, to prove that the checkers can fail. */
export interface Plant extends Edit {
  readonly name: string;
  /** The promises whose checker may catch it. */
  readonly breaks: readonly string[];
  /** Where a second guard would make up for the fault, that one is taken away too. */
  readonly and?: Edit;
}

export interface Edit {
  /** Below `src/`. */
  readonly file: string;
  /** Occurs exactly once in the file; the build fails otherwise, so that no plant rots. */
  readonly find: string;
  readonly replace: string;
}

const NO_TRAILING_LOOK: Edit = {
  file: 'engine/watch.ts',
  find: 'if (isSuspicious) this.suspiciousSince = this.now;\n    else if (!wasEarly) this.suspiciousSince = null;',
  replace: 'this.suspiciousSince = null;',
};

export const PLANTS: readonly Plant[] = [
  {
    name: 'pulse read after the rows, and no trailing look',
    breaks: ['S8', 'S1'],
    file: 'engine/reconcile.ts',
    find: '  return committed.map((result) => ({\n    baseline: reading.value.baseline,\n',
    replace:
      '  const late = reading.value.baseline === null ? undefined : await tools.link.pulse?.(signal);\n  return committed.map((result) => ({\n    baseline: late?.isOk() ? late.value : reading.value.baseline,\n',
    and: NO_TRAILING_LOOK,
  },
  {
    name: 'merge with the running scope',
    breaks: ['S8', 'S1'],
    file: 'engine/line.ts',
    find: 'for (const resolve of next.waiters) resolve(outcome);',
    replace:
      'for (const resolve of [...next.waiters, ...this.queue.drain().flatMap((q) => q.waiters)]) resolve(outcome);',
  },
  {
    name: 'events committed apart from the rows',
    breaks: ['S2', 'S3'],
    file: 'engine/journal.ts',
    find: 'this.write(value, (whole) => this.mirror.commit(whole), applied)',
    replace:
      'this.write(value, async (c) => { const r = await this.mirror.commit({ ...c, events: [] }); return r.isErr() ? r : this.mirror.commit({ ...complete({}), events: c.events }); }, applied)',
  },
  {
    name: 'hint taken as truth',
    breaks: ['S11', 'S2', 'S8', 'S1'],
    file: 'engine/line.ts',
    find: "if (!isEmptyScope(scope)) void this.request(scope, 'clinic');",
    replace:
      "if (scope.keys.length > 0) void this.tools.journal.commit({ removes: scope.keys }); else if (!isEmptyScope(scope)) void this.request(scope, 'clinic');",
  },
  {
    name: 'deletion without reading the id again',
    breaks: ['S11', 'S8', 'S2', 'S1'],
    file: 'engine/reconcile.ts',
    find: 'const now = await reading.keysNow(keys);',
    replace: 'const now = await reading.keysNow([]);',
  },
  {
    name: 'no trailing look',
    breaks: ['S8'],
    ...NO_TRAILING_LOOK,
  },
  {
    name: 'seq begins again at every opening',
    breaks: ['S3', 'S2'],
    file: 'mirror/memory/index.ts',
    find: 'shelf.lineage.push({ id: incarnation, fromSeq: shelf.head });',
    replace: 'shelf.head = 0; shelf.log = []; shelf.lineage.push({ id: incarnation, fromSeq: 0 });',
  },
  {
    name: 'breaker off',
    breaks: ['S15'],
    file: 'engine/breaker.ts',
    find: 'if (removing > limit) return { removing, of, limit };',
    replace: '',
  },
  {
    name: 'breaker looks at one reconcile only',
    breaks: ['S15'],
    file: 'engine/breaker.ts',
    find: 'return this.recent[stream].reduce((sum, { count }) => sum + count, 0);',
    replace: 'return 0;',
  },
  {
    name: 'cursor of a lost branch accepted',
    breaks: ['S3', 'S2'],
    file: 'domain/cursor.ts',
    find: 'if (!incarnation) return undefined;',
    replace: 'if (!incarnation) return Math.min(position.seq, head);',
  },
  {
    name: 'fingerprint forgets the practitioner',
    breaks: ['S1', 'S8', 'S11'],
    file: 'domain/fingerprint.ts',
    find: 'row.practitionerIds,',
    replace: '',
  },
  {
    name: 'an edit is told as a creation only',
    breaks: ['S2'],
    file: 'engine/diff.ts',
    find: '{ ...deleted(old), replacedBy: identity(now) } as RowEvent,',
    replace: '',
  },
  {
    name: 'replacements are not linked',
    breaks: ['S11'],
    file: 'engine/diff.ts',
    find: '{ ...created(now), replaces: identity(old) } as RowEvent,',
    replace: 'created(now),',
  },
  {
    name: 'no heartbeat and no deadline on pulses',
    breaks: ['S14'],
    file: 'engine/call.ts',
    find: 'const cancel = runtime.setTimer(timeoutMs, () => {',
    replace: 'const cancel = runtime.setTimer(timeoutMs * 10, () => {',
  },
  {
    name: 'bookings never held',
    breaks: ['S4'],
    file: 'engine/supervisor.ts',
    find: "return [...(this.state.phase === 'live' ? [] : ['not-live' as const]), ...",
    replace: 'return [...',
  },
  {
    name: 'offline answers labelled live',
    breaks: ['S8'],
    file: 'domain/status.ts',
    find: "  offline: 'offline',\n",
    replace: "  offline: 'live',\n",
  },
  {
    name: 'live before the resync',
    breaks: ['S8', 'S1'],
    file: 'engine/lifecycle.ts',
    find: "return { next: { phase: 'resyncing', resync }, effects: [{ type: 'resync', resync, quiet: false }] };",
    replace: "return { next: { phase: 'live', resync }, effects: [{ type: 'watch' }] };",
  },
  {
    name: 'outage without a conflict notice',
    breaks: ['S8'],
    file: 'engine/lifecycle.ts',
    find: "const OUTAGE: PendingResync = { reason: 'outage', possibleConflict: true, accept: false };",
    replace: "const OUTAGE: PendingResync = { reason: 'outage', possibleConflict: false, accept: false };",
  },
  {
    name: 'window by our clock alone',
    breaks: ['S1'],
    file: 'engine/session.ts',
    find: 'const now = Math.min(asRead, tools.runtime.now());',
    replace: 'const now = tools.runtime.now();',
  },
  {
    name: 'damaged rows believed',
    breaks: ['S1', 'S8', 'S2'],
    file: 'domain/fingerprint.ts',
    find: 'return kept.fingerprint === fingerprintOf(kept.row);',
    replace: "return kept.fingerprint !== '';",
  },
  {
    name: 'vanished rows not noticed',
    breaks: ['S2'],
    file: 'engine/audit.ts',
    find: 'return contents === null || sameDigest(contents, index.total()) ? ok() : err(notAsCommitted());',
    replace: 'return contents === null ? ok() : ok();',
  },
  {
    name: 'gives up after the first failed attempt',
    breaks: ['S1'],
    file: 'engine/lifecycle.ts',
    find: "effects: [{ type: 'disconnect' }, { type: 'retryLater', attempt: state.attempt, code }],",
    replace:
      "effects: state.attempt > 0 ? [{ type: 'disconnect' }] : [{ type: 'disconnect' }, { type: 'retryLater', attempt: 0, code }],",
  },
  {
    name: 'mirror left open by stop',
    breaks: ['S10', 'S1'],
    file: 'engine/supervisor.ts',
    find: 'await this.mirror.close(inOrder);',
    replace: '',
  },
  {
    name: 'columns that are not mapped slip through',
    breaks: ['S12'],
    file: 'adapters/memory/reader.ts',
    find: '.map(project)',
    replace: '',
  },
  {
    name: 'timers left behind',
    breaks: ['S13'],
    file: 'engine/call.ts',
    find: '      cancel();\n      forget();',
    replace: '      forget();',
  },
  {
    name: 'snapshot with a cursor of another moment',
    breaks: ['S2', 'S3'],
    file: 'engine/journal.ts',
    find: 'return scanned.map(() => ({ rows, cursor }));',
    replace: 'return scanned.map(() => ({ rows: rows.slice(1), cursor }));',
  },
  {
    name: 'a lost reply taken for a refusal',
    breaks: ['S6'],
    file: 'engine/finish.ts',
    find: "return certain.includes(code) && !driverCode.startsWith('57P');",
    replace: "return certain.includes(code) || code !== 'Aborted' || driverCode.startsWith('57P');",
  },
  {
    name: 'doubts never settled',
    breaks: ['S7'],
    file: 'engine/requests.ts',
    find: 'for (let first = 0; first < open.length; first += SETTLED_AT_ONCE) {',
    replace: 'for (let first = 0; first < 0; first += SETTLED_AT_ONCE) {',
    and: {
      file: 'engine/requests.ts',
      find: "while (!session.signal.aborted && !this.counter.holds.includes('not-live')) {",
      replace: 'while (waitMs < 0) {',
    },
  },
  {
    name: 'sent before it is recorded',
    breaks: ['S6'],
    file: 'engine/booking.ts',
    find: 'const recorded = await journal.commit({ intents: [intent] });',
    replace: 'const recorded = await journal.commit({});',
  },
  {
    name: 'acknowledged before the clinic has committed',
    breaks: ['S5', 'S7'],
    file: 'engine/booking.ts',
    find: 'if (answer.isErr()) return isRefusal(answer.error) ? finish.refused(intent, answer.error.code) : ok(intent);',
    replace:
      "if (answer.isErr()) return isRefusal(answer.error) ? finish.refused(intent, answer.error.code) : finish.ambiguous(intent).then(() => { const row = { id: '0', fingerprint: 'f1:0' }; return ok({ ...intent, row, state: 'closed', outcome: { result: 'booked', row } } as typeof intent); });",
  },
  {
    name: 'no look after the commit, and conflicts that nobody is told of',
    breaks: ['S5'],
    file: 'engine/finish.ts',
    find: 'if (!isFull(slot, others)) {',
    replace: 'if (others.length >= 0) {',
    and: {
      file: 'engine/our-rows.ts',
      find: 'return ok([...marked, ...conflicts]);',
      replace: 'return ok(marked);',
    },
  },
  {
    name: 'rows that come over ours later are not told',
    breaks: ['S5'],
    file: 'engine/our-rows.ts',
    find: 'return ok([...marked, ...conflicts]);',
    replace: 'return ok(marked);',
  },
  {
    name: 'no fence before a settlement',
    breaks: ['S6'],
    file: 'engine/settlement.ts',
    find: 'const rest = fence - now.value + 1;',
    replace: 'const rest = Math.min(0, fence - now.value);',
  },
  {
    name: 'no deadline in the statement',
    breaks: ['S6'],
    file: 'adapters/memory/writer.ts',
    find: "if (clinic.now() >= deadline) return { outcome: 'late' };\n    const busy",
    replace: 'const busy',
  },
  {
    name: 'one token for all bookings',
    breaks: ['S5', 'S6', 'S7'],
    file: 'engine/intents.ts',
    find: 'token: runtime.newId(),',
    replace: "token: 'the-same-token',",
  },
  {
    name: 'settled by a row that merely looks right',
    breaks: ['S5', 'S6'],
    file: 'engine/settlement.ts',
    find: 'const [record, second] = found.value.records;',
    replace:
      "const look = await lookAround(session, slot, ''); const second = undefined; const record = look.isOk() ? look.value.others[0] : undefined;",
  },
  {
    name: 'delete by id alone',
    breaks: ['S11'],
    file: 'adapters/memory/writer.ts',
    find: "if (present.hash !== hash) return { outcome: 'changed' };",
    replace: '',
  },
  {
    name: 'a deletion in doubt taken for done',
    breaks: ['S5'],
    file: 'engine/settlement.ts',
    find: 'if (!there.value) return finish.deleted(intent, since);',
    replace: 'if (!there.value || intent.row === null) return finish.deleted(intent, since);',
  },
  {
    name: 'the outcome is not recorded with the rows',
    breaks: ['S7', 'S6'],
    file: 'engine/write-through.ts',
    find: 'intents: [intent],',
    replace: 'intents: [],',
  },
  {
    name: 'write-through of the row as it was asked for',
    breaks: ['S8', 'S1', 'S2'],
    file: 'engine/finish.ts',
    find: 'const seen = look.value.ours ? { since, rows: [look.value.ours] } : undefined;',
    replace: 'const seen = { since, rows: [row] };',
  },
  {
    name: 'a key that was used is forgotten',
    breaks: ['S6', 'S5'],
    file: 'engine/requests.ts',
    find: 'if (known.value && !isHold(known.value))\n      return known.value.requestHash',
    replace: "if (known.value?.key === '')\n      return known.value.requestHash",
  },
  {
    name: 'holds do not keep others out',
    breaks: ['S16'],
    file: 'engine/booking.ts',
    find: 'const promised = journal.tentative.busy(now, key);',
    replace: 'const promised = journal.tentative.busy(Number.MAX_SAFE_INTEGER, key);',
  },
  {
    name: 'holds and doubts forgotten by a restart',
    breaks: ['S7', 'S16'],
    file: 'engine/mirror-hold.ts',
    find: 'new Journal(value.mirror, value.intents, publish, onPromise)',
    replace: 'new Journal(value.mirror, [], publish, onPromise)',
  },
  {
    name: 'bookings taken while the clinic is not live',
    breaks: ['S4'],
    file: 'engine/requests.ts',
    find: "if (holds.includes('not-live') || !session) return err(fault('NotLive'));\n    if (holds.length > 0) return err(fault('BookingsHeld'));",
    replace: "if (!session) return err(fault('NotLive'));",
  },
  {
    name: 'what sketches suspect is not read',
    breaks: ['S1', 'S2', 'S8'],
    file: 'engine/compare-scope.ts',
    find: "if (suspects.keys.length === 0) return ok('settled');",
    replace: "return ok('settled');",
  },
  {
    name: 'a sketch that cannot tell everything believed',
    breaks: ['S1', 'S2', 'S8'],
    file: 'engine/sketched.ts',
    find: 'if (!isWhole || [',
    replace: 'if ([',
  },
  {
    name: 'the mirror compared before its rows were checked',
    breaks: ['S1', 'S2', 'S8'],
    file: 'engine/ask-ahead.ts',
    find: '    ready,\n  ]);',
    replace: '    ok<void, MirrorError>(undefined),\n  ]);\n  void ready;',
  },
  {
    name: 'a glance at the days ahead taken for a look at everything',
    breaks: ['S8'],
    file: 'engine/watch.ts',
    find: 'if (await this.glances.make(line, leastMs)) this.active();',
    replace:
      'await this.glances.make(line, leastMs); this.movedSince = this.suspiciousSince = null; this.options.onVerified(this.tools.runtime.now());',
  },
  {
    name: 'free slots remembered though a row came',
    breaks: ['S8'],
    file: 'engine/free-times.ts',
    find: 'if (overlaps(row, { start: week.start, end: week.until })) this.drop(key, week);',
    replace: '',
  },
  {
    name: 'lock of the clinic ignored',
    breaks: ['S17'],
    file: 'adapters/memory/lock.ts',
    find: '  if (clinic.locks.has(name)) return undefined;\n',
    replace: '',
  },
];
