import type { AdapterErrorCode } from '../../domain/errors.js';

/** Codes of Node's sockets, resolver and TLS that say more than that the server could not be reached. */
export const BY_SYSTEM: Readonly<Record<string, AdapterErrorCode>> = {
  ETIMEDOUT: 'ClinicTimeout',
  CERT_HAS_EXPIRED: 'ClinicRefused',
  CERT_NOT_YET_VALID: 'ClinicRefused',
  CERT_REVOKED: 'ClinicRefused',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'ClinicRefused',
  SELF_SIGNED_CERT_IN_CHAIN: 'ClinicRefused',
  UNABLE_TO_GET_ISSUER_CERT: 'ClinicRefused',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'ClinicRefused',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'ClinicRefused',
  ERR_TLS_CERT_ALTNAME_INVALID: 'ClinicRefused',
};
