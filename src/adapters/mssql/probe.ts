import { toFault } from './errors.js';

/**
 * Whether a server can do a thing is found out by trying it, because versions, editions, rights and look-alikes differ. `null` where it
 * cannot; an ended connection is no answer and is thrown.
 */
export async function tried<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    const { code } = toFault(error);
    if (code === 'ClinicUnreachable' || code === 'ClinicTimeout') throw error;
    return null;
  }
}
