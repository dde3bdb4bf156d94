#!/usr/bin/env node
import { readFileSync } from 'node:fs';

// Node.js 22 tells every user of its SQLite, and of its TypeScript, that these may change: no news to whoever runs a command.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (name !== 'ExperimentalWarning') process.stderr.write(`${name}: ${message}\n`);
});

// Loaded only now, because its imports alone draw warnings.
const { run } = await import('./program.js');
const { env: environment, stdout, stderr } = process;
// Whoever reads the answer has gone (`| head`): ended as by a signal, in order.
stdout.once('error', () => {
  stdout.on('error', () => undefined);
  if (process.listenerCount('SIGTERM') > 0) process.emit('SIGTERM');
  else process.exit(130);
});
// The same from src/cli and from dist/cli.
const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
process.exitCode = await run(process.argv.slice(2), { environment, stdout, stderr, version });
// Whatever a configuration opened (a pool, a tunnel) would keep the process from ending; ours is closed by now. What was written is out first.
await Promise.all([stdout, stderr].map((stream) => new Promise((written) => stream.write('', written))));
process.exit();
