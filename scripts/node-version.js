// Plain JavaScript that any Node since 12 can run: it exists to be run on one that is too old.

const WANTED = [22, 16];

/** True for a version such as `v24.1.0` that this project runs on. */
export function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > WANTED[0] || (major === WANTED[0] && minor >= WANTED[1]);
}

export const ADVICE = `clinic-sync needs Node ${WANTED.join('.')} or newer, and this is ${process.version} (${process.execPath}).

The project brings its own: run "npm ci" once, then "npm test" and every other script of package.json use node_modules/.bin/node.
If you did, npm was told not to run install scripts: "npm rebuild node esbuild" runs the two that are needed.
Or install a newer Node: https://nodejs.org/en/download
`;
