/** `npm run demo -- --web`: prints its address, serves the page there, and ends with Ctrl-C. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

it('serves the page until it is interrupted, and leaves nothing running', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo/main.ts', '--web', '--port', '0'], {
    cwd: resolve(import.meta.dirname, '../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for await (const piece of child.stdout) {
    said += String(piece);
    if (said.includes('Ctrl-C')) break;
  }
  const url = /http:\S+/.exec(said)?.[0] ?? '';
  const page = await fetch(url);
  expect(page.headers.get('Content-Security-Policy')).toContain("default-src 'self'");
  const parts = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(parts).toEqual(['app.css', 'app.js']);
  for (const part of parts) expect((await fetch(new URL(part, url))).status).toBe(200);
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});
