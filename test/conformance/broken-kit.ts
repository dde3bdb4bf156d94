import { expect } from 'vitest';

import type { ClinicAdapter, ClinicLink } from '../../src/adapters/adapter.js';
import type { MemoryClinic } from '../../src/adapters/memory/index.js';
import { registerAdapterConformance } from '../../src/testing/index.js';
import { MEMORY_CAPABILITIES, memoryHarness } from './memory-kit.js';

export type Break = (link: ClinicLink, clinic: MemoryClinic) => Partial<ClinicLink>;

/** Gives the adapter in memory a description, sound or broken. */
export type Describe = (clinic: MemoryClinic, isLinked: () => boolean) => NonNullable<ClinicAdapter['describe']>;

/** The names of the cases that fail with links broken like this. `only` picks the topics that are played. */
export async function failures(
  breakLink: Break,
  only: RegExp,
  gaps: readonly string[] = [],
  describe?: Describe,
): Promise<string[]> {
  const links = new Map<MemoryClinic, number>();
  const wrap = (adapter: ClinicAdapter, clinic: MemoryClinic): ClinicAdapter => ({
    ...adapter,
    ...(describe && { describe: describe(clinic, () => (links.get(clinic) ?? 0) > 0) }),
    connect: (options) =>
      adapter.connect(options).map((link) => {
        links.set(clinic, (links.get(clinic) ?? 0) + 1);
        // What lies in the class's prototype is not spread.
        const whole: ClinicLink = { ...link, now: (signal) => link.now(signal), close: () => link.close() };
        return { ...whole, ...breakLink(whole, clinic) };
      }),
  });
  const cases: { name: string; play: () => Promise<void> }[] = [];
  let topic = '';
  const collecting = {
    describe: (name: string, body: () => void) => {
      topic = name;
      body();
    },
    it: (name: string, play: () => Promise<void>) => {
      if (only.test(topic)) cases.push({ name, play });
    },
  };
  registerAdapterConformance(collecting, {
    name: 'broken',
    harness: memoryHarness({}, wrap),
    capabilities: { ...MEMORY_CAPABILITIES, describe: describe !== undefined },
    gaps,
    seed: 7,
  });
  expect(cases).not.toEqual([]);
  const failed = await Promise.all(
    cases.map(async ({ name, play }) =>
      play().then(
        () => null,
        () => name,
      ),
    ),
  );
  return failed.filter((name) => name !== null);
}
