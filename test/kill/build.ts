import { basename, dirname, join, resolve } from 'node:path';

import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** Bundles a host with everything that it needs, so that a process of it starts quickly, and answers where it is. */
export async function buildHost(source = join(import.meta.dirname, 'host.ts')): Promise<string> {
  const outfile = join(ROOT, '.tmp', 'hosts', `${basename(dirname(source))}-${process.pid}.mjs`);
  await build({
    entryPoints: [source],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: ['pg-native'],
    banner: { js: REQUIRE },
    outfile,
    logLevel: 'warning',
  });
  return outfile;
}
