import { randomUUID } from 'node:crypto';

import type { ClinicAdapter } from '../../src/adapters/adapter.js';
import {
  ALL_MEMORY_CAPABILITIES,
  memoryAdapter,
  MemoryClinic,
  type MemoryCapabilities,
} from '../../src/adapters/memory/index.js';
import { keyText, STREAMS, streamOf, type ClinicRow, type RowKey } from '../../src/domain/row.js';
import {
  faultyAdapter,
  type AdapterCapabilities,
  type AdapterHarness,
  type OpenTransaction,
  type Receptionist,
  type TestClinic,
} from '../../src/testing/index.js';

export const ZONE = 'Australia/Melbourne';

/** What the harness can do, beside what the adapter offers. */
const HARNESS = {
  describe: false,
  multiplePractitioners: true,
  blockouts: true,
  texts: true,
  lateCommits: true,
  undecodable: true,
  stall: false,
  lost: false,
};

export const MEMORY_CAPABILITIES: AdapterCapabilities = { ...ALL_MEMORY_CAPABILITIES, ...HARNESS, sketch: STREAMS };

export function memoryHarness(
  offered: Partial<MemoryCapabilities> = {},
  wrap: (adapter: ClinicAdapter, clinic: MemoryClinic) => ClinicAdapter = (adapter) => adapter,
): AdapterHarness {
  return {
    create: async () => {
      const clinic = new MemoryClinic(randomUUID());
      const make = () => wrap(memoryAdapter({ clinic, zone: ZONE, capabilities: offered }), clinic);
      return memoryTestClinic(clinic, make);
    },
  };
}

/** Over a road that loses nothing until it is cut. */
export const cuttableHarness: AdapterHarness = {
  create: async () => {
    const clinic = new MemoryClinic(randomUUID());
    const cuts = new Set<() => void>();
    const make = () =>
      faultyAdapter(memoryAdapter({ clinic, zone: ZONE }), {
        request: async () => undefined,
        answer: async () => undefined,
        hint: () => ({ delaysMs: [0] }),
        after: (_ms, deliver) => {
          deliver();
        },
        tears: () => undefined,
        onLink: ({ cut }) => cuts.add(cut),
      });
    return {
      ...memoryTestClinic(clinic, make),
      cut: async () => {
        for (const cut of cuts) cut();
      },
    };
  },
};

function memoryTestClinic(clinic: MemoryClinic, make: () => ClinicAdapter): TestClinic {
  return {
    adapter: make(),
    another: make,
    zone: ZONE,
    receptionist: memoryReceptionist(clinic),
    dispose: async () => undefined,
  };
}

/** In memory a blockout and an appointment share one table, so that a blockout needs a mark in its id. */
function presented(row: ClinicRow): ClinicRow {
  return row.kind === 'blockout' && !row.id.startsWith('blockout:') ? { ...row, id: `blockout:${row.id}` } : row;
}

function memoryReceptionist(clinic: MemoryClinic): Receptionist {
  const inOne = async <T>(work: (transaction: OpenTransaction) => Promise<T>): Promise<T> => {
    const transaction = open(clinic);
    const answer = await work(transaction);
    await transaction.commit();
    return answer;
  };
  return {
    insert: (rows) => inOne((transaction) => transaction.insert(rows)),
    update: (rows) => inOne((transaction) => transaction.update(rows)),
    remove: (keys) => inOne((transaction) => transaction.remove(keys)),
    begin: async () => open(clinic),
    spoil: async ({ stream, id }) => {
      const found = clinic.get(stream, id);
      if (found) clinic.put({ ...found.row, undecodable: { field: 'practitioner', rule: 'names nobody' } });
    },
  };
}

/** Buffered, since the clinic in memory knows whole transactions only. What was done to a row last is what becomes of it. */
function open(clinic: MemoryClinic): OpenTransaction {
  const last = new Map<string, { readonly key: RowKey; readonly row: ClinicRow | null }>();
  const put = (rows: readonly ClinicRow[]) => {
    for (const row of rows) {
      const key = { stream: streamOf(row), id: row.id };
      last.set(keyText(key.stream, key.id), { key, row });
    }
  };
  return {
    insert: async (rows) => {
      const puts = rows.map(presented);
      put(puts);
      return puts;
    },
    update: async (rows) => {
      put(rows);
    },
    remove: async (keys) => {
      for (const key of keys) last.set(keyText(key.stream, key.id), { key, row: null });
    },
    commit: async () => {
      const all = [...last.values()];
      clinic.commit({
        puts: all.flatMap(({ row }) => (row ? [row] : [])),
        removes: all.flatMap(({ key, row }) => (row ? [] : [key])),
      });
    },
    rollback: async () => undefined,
  };
}
