import { errAsync, type ResultAsync } from 'neverthrow';

import { fault, type MirrorError } from '../../domain/errors.js';
import type { ClinicMirror, Mirror, MirrorInspection, OpenMirror } from '../mirror.js';
import { SqliteClinicMirror } from './clinic.js';
import { openState, peekState } from './clinic-state.js';
import { discardClinic, mustBeSound } from './discard.js';
import { attempt, toMirrorError } from './errors.js';
import { MirrorFile } from './file.js';
import { identify } from './identify.js';
import { openFile, setAside } from './open-file.js';

/** The file is opened with the first clinic and closed with the last. */
export class SqliteMirror implements Mirror {
  readonly store = 'sqlite';
  readonly #path: string;
  readonly #openMirrorFile: () => MirrorFile;
  readonly #clinics = new Set<string>();
  /** In this object's life. */
  readonly #discarded = new Set<string>();
  #file: MirrorFile | undefined;

  constructor(path: string, openMirrorFile = () => new MirrorFile(openFile(path))) {
    this.#path = path;
    this.#openMirrorFile = openMirrorFile;
  }

  open(options: OpenMirror): ResultAsync<ClinicMirror, MirrorError> {
    const { clinicId, signal } = options;
    if (signal.aborted) return errAsync(fault('Aborted'));
    if (this.#clinics.has(clinicId)) return errAsync(fault('MirrorInUse'));
    const release = () => {
      this.#clinics.delete(clinicId);
      this.#file?.clinics.delete(clinicId);
      this.#closeUnused();
    };
    return attempt(() => this.#openFile()).andThen((file) => {
      this.#clinics.add(clinicId);
      file.clinics.add(clinicId);
      return file
        .commit(() => {
          const state = openState(file.connection, options);
          return () => new SqliteClinicMirror(clinicId, state, file, release);
        })
        .orTee(release);
    });
  }

  discard(clinicId: string): ResultAsync<void, MirrorError> {
    if (this.#clinics.has(clinicId)) return errAsync(fault('MirrorInUse'));
    return attempt(() => {
      if (identify(this.#path) === 'absent') return;
      try {
        this.#takeOff(clinicId);
      } catch (error) {
        // Damage that is not only this clinic's. The file is ours, or `identify` would have thrown.
        const { code } = toMirrorError(error);
        if (code !== 'MirrorCorrupt' || this.#clinics.size > 0) throw error;
        setAside(this.#path);
        this.#discarded.clear();
      }
    });
  }

  /** For as long as it is open nobody else can open the file, which is brought to today's version where it is of an older one. */
  inspect(clinicId: string): ResultAsync<MirrorInspection | undefined, MirrorError> {
    if (this.#file) return errAsync(fault('MirrorInUse'));
    return attempt(() => {
      if (identify(this.#path) !== 'ours') return undefined;
      const file = this.#openMirrorFile();
      try {
        const state = peekState(file.connection, clinicId);
        if (!state) {
          file.close();
          return undefined;
        }
        const clinic = new SqliteClinicMirror(clinicId, state, file, () => {
          file.close();
        });
        return {
          facts: clinic.facts,
          head: clinic.head,
          countRows: () => clinic.countRows(),
          scan: (visit) => clinic.scan(visit),
          close: () => clinic.close(false),
        };
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  #takeOff(clinicId: string): void {
    const file = this.#openFile();
    try {
      // Discarded before, and damaged again: so the damage may lie where no clinic's data do, among the free pages.
      if (this.#discarded.has(clinicId)) mustBeSound(file.connection);
      discardClinic(file.connection, clinicId);
      this.#discarded.add(clinicId);
      file.sweep();
    } finally {
      this.#closeUnused();
    }
  }

  #openFile(): MirrorFile {
    if (!this.#file) {
      this.#file = this.#openMirrorFile();
      this.#file.sweep();
    }
    return this.#file;
  }

  #closeUnused(): void {
    if (this.#clinics.size > 0) return;
    this.#file?.close();
    this.#file = undefined;
  }
}
