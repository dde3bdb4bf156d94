/** The browser that the page's tests and screenshots use: CLINIC_SYNC_TEST_CHROMIUM, or the first that is found on PATH. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

function findChromium(): string | undefined {
  const given = process.env['CLINIC_SYNC_TEST_CHROMIUM'];
  if (given) return given;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** `undefined`, said aloud, where there is none; a failure where a machine is made for nothing but testing. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: ARGUMENTS });
  const text = 'no chromium found. To add one: apt-get install chromium';
  if (process.env['CI'] === 'true') throw new Error(text);
  process.stderr.write(`tests of the live page are skipped: ${text}\n`);
  return undefined;
}
