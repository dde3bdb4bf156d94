import { readFile, mkdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';

import { build, type Plugin } from 'esbuild';

import type { Plant } from './planted.js';

const ROOT = resolve(import.meta.dirname, '../..');

function planting(plant: Plant): Plugin {
  return {
    name: 'planted-fault',
    setup(setup) {
      setup.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const file = relative(join(ROOT, 'src'), path).split(sep).join('/');
        const edits = [plant, ...(plant.and ? [plant.and] : [])].filter((edit) => edit.file === file);
        if (edits.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const { find, replace } of edits) {
          const parts = contents.split(find);
          if (parts.length !== 2) {
            throw new Error(
              `The planted fault "${plant.name}" fits ${String(parts.length - 1)} places of src/${file}, not 1.`,
            );
          }
          contents = parts.join(replace);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

/** Bundles the simulator's worker, with a fault planted into the engine or without, and answers where it is. */
export async function buildWorker(plant?: Plant, entry = join(import.meta.dirname, 'worker.ts')): Promise<string> {
  const folder = join(ROOT, '.tmp', 'simulation');
  await mkdir(folder, { recursive: true });
  const outfile = join(folder, `${plant ? plant.name.replaceAll(/\W+/g, '-') : 'worker'}.mjs`);
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    outfile,
    logLevel: 'warning',
    plugins: plant ? [planting(plant)] : [],
  });
  return outfile;
}
