import { existsSync } from 'node:fs';

const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu', ''].map(
  (folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`,
);

/**
 * An environment in which a server's clock is so far ahead; `undefined`, said aloud, where this machine has no libfaketime. Durations
 * are as ever: only the date is another.
 */
export function clockAhead(seconds: number): NodeJS.ProcessEnv | undefined {
  const library = LIBRARIES.find((path) => existsSync(path));
  if (library !== undefined)
    return {
      LD_PRELOAD: library,
      FAKETIME: `+${seconds}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  process.stderr.write('no server with a skewed clock: there is no libfaketime. To add it: apt-get install faketime\n');
  return undefined;
}
