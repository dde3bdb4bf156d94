/**
 * The package as strangers install it: in a fresh TypeScript project of ES modules and in one of CommonJS, both as strict as TypeScript
 * can be, with the package's own types checked too. What compiles is run against an SQLite file. Run `npm run build` first.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isBuilt, packTarball, root, runLine, type Tarball } from './tarball.js';

const { exports, devDependencies, peerDependencies } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as Record<'exports' | 'devDependencies' | 'peerDependencies', Record<string, string>>;
const drivers = Object.keys(peerDependencies);
const program = readFileSync(join(import.meta.dirname, 'project', 'subpaths.ts'), 'utf8');

const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedSideEffectImports: true,
  // The declarations of the package itself are looked at as well, and those of what it depends on.
  skipLibCheck: false,
  outDir: 'out',
  rootDir: '.',
};

/** What a program in CommonJS without TypeScript does: the same module by either road. */
const PLAIN = `
const { ClinicSync, ClinicSyncError } = require('clinic-sync');
import('clinic-sync').then((module) => {
  console.log(module.ClinicSync === ClinicSync, module.ClinicSyncError === ClinicSyncError);
});
`;

/** Prints the drivers that the root, and what needs none, bring with them. */
const LOADED = `
const { registerHooks } = require('node:module');
const seen = [];
registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
require('clinic-sync');
console.log(seen.filter((name) => ${JSON.stringify([...drivers, 'node:sqlite'])}.includes(name)).length, seen.length > 3);
`;

describe.skipIf(!isBuilt)('the package in a fresh project', () => {
  let tarball: Tarball;
  beforeAll(() => {
    tarball = packTarball();
  });
  afterAll(() => {
    tarball.remove();
  });

  it('is tried at every subpath', () => {
    const names = Object.keys(exports).filter((subpath) => subpath !== './package.json');
    expect(names.filter((name) => !program.includes(`from '${name.replace(/^[.]/, 'clinic-sync')}'`))).toEqual([]);
  });

  describe.each(['module', 'commonjs'])('of type %s', (type) => {
    let project: string;
    const run = (line: string) => {
      const { status, output } = runLine(line, { cwd: project, tarball: tarball.path });
      expect(status, `${line}\n${output}`).toBe(0);
      return output;
    };

    beforeAll(() => {
      project = join(tarball.folder, type);
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'host', private: true, type }));
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
      cpSync(join(import.meta.dirname, 'project'), project, { recursive: true });
      writeFileSync(join(project, 'plain.cjs'), PLAIN);
      writeFileSync(join(project, 'loaded.cjs'), LOADED);
      const tools = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name] ?? ''}`);
      run(`npm install clinic-sync ${tools.join(' ')}`);
    }, 180_000);

    it('installs no driver', () => {
      expect(drivers.filter((name) => existsSync(join(project, 'node_modules', name)))).toEqual([]);
    });

    it('type-checks, without any driver, and compiles', { timeout: 60_000 }, () => {
      expect(run('npx tsc')).toBe('');
      const compiled = readFileSync(join(project, 'out', 'main.js'), 'utf8');
      expect(compiled.includes('require("clinic-sync")')).toBe(type === 'commonjs');
    });

    it('starts, offers, books, tells and stops', () => {
      const told = run('node out/main.js').replaceAll(/^.*(ExperimentalWarning|node --trace-warnings).*\n/gm, '');
      expect(told).toBe('live\nlive 00 30 45\n2 2\nSlotTaken false\n2 stopped\n');
    });

    it('loads nothing with its root that a host may not have', () => {
      expect(run('node loaded.cjs')).toBe('0 true\n');
    });

    it('is one and the same by require and by import', () => {
      expect(run('node plain.cjs')).toBe('true true\n');
    });

    it('loads every subpath once its driver is there', () => {
      for (const name of drivers) symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
      const told = run('node out/subpaths.js').replaceAll(/^.*(ExperimentalWarning|node --trace-warnings).*\n/gm, '');
      expect(told).toBe('true,true,true,true\nfunction function 9\n');
    });
  });
});
