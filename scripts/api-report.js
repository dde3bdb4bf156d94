// `npm run api` builds, and writes api/*.api.md, one for each subpath of package.json's `exports`: what the declarations offer a host, so that
// a changed public type shows in a diff. By itself it reads the last build; `--into FOLDER` writes elsewhere, which is how a test compares.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = resolve(import.meta.dirname, '..');
const flag = process.argv.indexOf('--into');
const folder = flag === -1 ? join(root, 'api') : resolve(process.argv[flag + 1] ?? '');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath, { types }]) => ({
    name: subpath.replace(/^[.]/, 'clinic-sync').replaceAll('/', '-'),
    types: join(root, types),
  }));

const temporary = mkdtempSync(join(tmpdir(), 'clinic-sync-api-'));
mkdirSync(folder, { recursive: true });
const wanted = new Set(entries.map(({ name }) => `${name}.api.md`));
for (const file of readdirSync(folder)) if (file.endsWith('.api.md') && !wanted.has(file)) rmSync(join(folder, file));
try {
  const failed = entries.filter((entry) => !report(entry)).map(({ name }) => name);
  if (failed.length > 0) console.error(`not reported: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function report({ name, types }) {
  const logLevel = ExtractorLogLevel.None;
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: types,
      // Declarations alone: what they mean must not depend on the project's own settings.
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable'],
            module: 'nodenext',
            moduleResolution: 'nodenext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: folder,
        reportTempFolder: temporary,
        reportFileName: name,
        // What is reachable from the public types is part of them, exported or not.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'error' } },
        // Everything exported is public: there are no release tags, and comments are not written in TSDoc's dialect.
        extractorMessageReporting: { default: { logLevel }, 'ae-wrong-input-file-type': { logLevel: 'error' } },
        tsdocMessageReporting: { default: { logLevel } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      // Which TypeScript reads the declarations, and what was written where, is no news.
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
      if (!message.handled) console.error(`${name}: ${message.text}`);
    },
  });
  return result.succeeded;
}
