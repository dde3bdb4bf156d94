/** What the browser loads: one page, one style sheet, one script, bundled from `client/` as the server starts. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

export interface Assets {
  readonly page: string;
  readonly style: string;
  readonly script: string;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function loadAssets(): Promise<Assets> {
  const [page, style, bundle] = await Promise.all([
    readFile(here('page.html'), 'utf8'),
    readFile(here('page.css'), 'utf8'),
    build({
      entryPoints: [here('client/main.tsx')],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx/dom',
      logLevel: 'warning',
    }),
  ]);
  return { page, style, script: bundle.outputFiles[0]?.text ?? '' };
}
