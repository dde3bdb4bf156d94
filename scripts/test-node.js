// `npm run test:node -- 22 [vitest arguments]`: the vitest suite on another line of Node, fetched by npx, nothing installed for good.
import { spawnSync } from 'node:child_process';

const [line, ...rest] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(line ?? '')) {
  console.error('usage: npm run test:node -- <version> [vitest arguments], such as: npm run test:node -- 22');
  process.exit(2);
}
// What is tried as a stranger would have it (test/package, test/cli) is what this Node has built.
const built = spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...rest];
for (const args of [['--version'], vitest]) {
  const { status } = spawnSync('npx', ['--yes', `--package=node@${line}`, '--', 'node', ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
