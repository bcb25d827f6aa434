import { signing } from '../keys.ts';

/** Which algorithms are taken and given. One table: what is not in it is no choice of anybody's. */

/** What clients may sign with; never a shared secret, never `none`. */
export const theirs = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
/** To a client's key. Not RSA1_5, whose padding can be asked about (RFC 8725 section 3.2). */
const wraps = ['RSA-OAEP-256', 'ECDH-ES'] as const;
const ciphers = ['A256GCM', 'A128CBC-HS256'] as const;

/** The library's `enabledJWA`. */
export const algorithms = {
  idTokenSigningAlgValues: [...signing],
  userinfoSigningAlgValues: [...signing],
  authorizationSigningAlgValues: [...signing],
  clientAuthSigningAlgValues: [...theirs],
  requestObjectSigningAlgValues: [...theirs],
  dPoPSigningAlgValues: [...theirs],
  idTokenEncryptionAlgValues: [...wraps],
  idTokenEncryptionEncValues: [...ciphers],
  userinfoEncryptionAlgValues: [...wraps],
  userinfoEncryptionEncValues: [...ciphers],
  authorizationEncryptionAlgValues: [...wraps],
  authorizationEncryptionEncValues: [...ciphers],
  // Nobody encrypts to us: a request that is nobody's business goes by PAR.
  requestObjectEncryptionAlgValues: [],
  requestObjectEncryptionEncValues: [],
};
