import type { AdapterError, MirrorError } from '../domain/errors.js';
import type { MassChange } from './breaker.js';

/** Why a reconcile changed nothing. */
export type ReconcileFailure =
  | { readonly kind: 'clinic'; readonly error: AdapterError }
  | { readonly kind: 'mirror'; readonly error: MirrorError }
  | { readonly kind: 'held'; readonly change: MassChange };

export const clinicFailure = (error: AdapterError): ReconcileFailure => ({ kind: 'clinic', error });
export const mirrorFailure = (error: MirrorError): ReconcileFailure => ({ kind: 'mirror', error });

/** By its code, whose it is. */
export function failureOf(error: AdapterError | MirrorError): ReconcileFailure {
  const { code } = error;
  return code.startsWith('Mirror') || code === 'Fenced'
    ? mirrorFailure(error as MirrorError)
    : clinicFailure(error as AdapterError);
}
