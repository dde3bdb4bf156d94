/** `npm run example -- NAME` runs one of the examples; without a name it lists them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const names = readdirSync(import.meta.dirname).filter((name) => existsSync(join(import.meta.dirname, name, 'main.ts')));
const [name = ''] = process.argv.splice(2, 1);
if (names.includes(name)) await import(`./${name}/main.js`);
else {
  console.log(`npm run example -- NAME, where NAME is one of\n  ${names.join('\n  ')}`);
  process.exitCode = name === '' ? 0 : 2;
}
