import { ADVICE, isNewEnough } from './node-version.js';

if (!isNewEnough(process.version)) {
  process.stderr.write(ADVICE);
  process.exit(1);
}
