import type { Digest } from '../../domain/digest.js';
import { NO_FACTS, type MirrorFacts } from '../mirror.js';
import { damaged } from './errors.js';

const isFlag = (value: unknown) => typeof value === 'boolean';
const isInstant = (value: unknown) => value === null || Number.isSafeInteger(value);
const isText = (value: unknown) => value === null || typeof value === 'string';

/** What each fact looks like. A fact that a file does not have yet is as in {@link NO_FACTS}. */
const CHECKS: Readonly<Record<keyof MirrorFacts, (value: unknown) => boolean>> = {
  cutoff: isInstant,
  mappingId: isText,
  clinicDatabase: isText,
  clinicPosition: isText,
  verifiedAt: isInstant,
  contents: isDigest,
  closedInOrder: isFlag,
  heldByHost: isFlag,
};

export function encodeFacts(facts: MirrorFacts): string {
  return JSON.stringify(facts);
}

export function decodeFacts(text: string): MirrorFacts {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    throw damaged('clinic.facts');
  }
  const facts = { ...NO_FACTS, ...(kept as Partial<MirrorFacts> | null) };
  for (const [name, check] of Object.entries(CHECKS)) {
    if (!check(facts[name as keyof MirrorFacts])) throw damaged(`clinic.facts.${name}`);
  }
  return facts;
}

function isDigest(value: unknown): boolean {
  if (value === null) return true;
  const { count, sumHigh, sumLow } = value as Partial<Digest>;
  return [count, sumHigh, sumLow].every(Number.isSafeInteger);
}
