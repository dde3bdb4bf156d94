import { fault, type AdapterError } from '../../domain/errors.js';

export const BAD_CERTIFICATE =
  "The server's certificate is not valid for connection.host, or of no authority that is trusted (connection.ca).";
const VERSIONS = 'The server and we know no way of TLS in common.';
export const NO_TLS = 'The server has no TLS, and connection.tls asks for it.';

/**
 * Refusals of Node's TLS, which nobody but a person mends: https://nodejs.org/api/tls.html#x509-certificate-error-codes, and OpenSSL's
 * own, as it and its predecessors name them.
 */
const REFUSALS: readonly [codes: readonly string[], message: string][] = [
  [
    [
      'CERT_CHAIN_TOO_LONG',
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_REJECTED',
      'CERT_REVOKED',
      'CERT_SIGNATURE_FAILURE',
      'CERT_UNTRUSTED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
      'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      // Whatever has no name of its own, such as a key that is too short.
      'UNSPECIFIED',
    ],
    BAD_CERTIFICATE,
  ],
  [
    [
      'ERR_SSL_DH_KEY_TOO_SMALL',
      'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
      'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'ERR_SSL_UNSUPPORTED_PROTOCOL',
    ],
    VERSIONS,
  ],
];

const MESSAGES: ReadonlyMap<string, string> = new Map(
  REFUSALS.flatMap(([codes, message]) => codes.map((code) => [code, message] as const)),
);

/** OpenSSL's numbers of the same: an unsupported protocol, and the alerts of RFC 8446 plus 1,000. */
const NO_WAY_IN_COMMON: ReadonlySet<number> = new Set([258, 1_040, 1_070]);

/** What Node's sockets, resolver and TLS say, where it is more than that the server could not be reached. */
export function systemFault(error: unknown): AdapterError | undefined {
  const { code } = Object(error) as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  if (code === 'ETIMEDOUT') return fault('ClinicTimeout', undefined, { driverCode: code });
  const isOfAnotherAge = code === 'EPROTO' && NO_WAY_IN_COMMON.has(opensslReason(error));
  const message = isOfAnotherAge ? VERSIONS : MESSAGES.get(code);
  return message === undefined ? undefined : fault('ClinicRefused', message, { driverCode: code });
}

/**
 * Where TLS fails while something is waiting to be written, Node gives the code of a system call, and OpenSSL's number in the message
 * alone: eight hexadecimal digits, the lower 23 bits of which are the reason.
 */
function opensslReason(error: unknown): number {
  const message = error instanceof Error ? error.message : '';
  const [, digits = '0'] = /:error:([0-9A-F]{8}):/.exec(message) ?? [];
  return Number.parseInt(digits, 16) & 0x7f_ff_ff;
}
