import fc from 'fast-check';

/** The seed of every property test of this run; set it in the environment to play a failure again. */
const seed = Number(process.env['CLINIC_SYNC_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Checks a property; a failure prints the seed and the smallest counterexample. */
export function check(property: fc.IRawProperty<unknown>, runs = 300): void {
  try {
    fc.assert(property as fc.IProperty<unknown>, { seed, numRuns: runs });
  } catch (error) {
    console.error(`CLINIC_SYNC_TEST_SEED=${String(seed)} plays this again.`);
    throw error;
  }
}

/** The same for a property that takes time. */
export async function checkAsync(property: fc.IAsyncProperty<unknown>, runs = 100): Promise<void> {
  try {
    await fc.assert(property, { seed, numRuns: runs });
  } catch (error) {
    console.error(`CLINIC_SYNC_TEST_SEED=${String(seed)} plays this again.`);
    throw error;
  }
}
