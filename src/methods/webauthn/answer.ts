/** What a browser answers, read from a form: limits first, then the shape. What it says is judged elsewhere. */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

/** Bytes of base64url. An assertion takes one thousand, an attestation with a chain of certificates ten. */
const LONGEST = { assertion: 8_192, registration: 32_768 };
/** WebAuthn section 4, "Credential ID": at most 1023 bytes. */
const LONGEST_ID = 1_364;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isBytes = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]+$/u.test(value);
const isId = (value: unknown): value is string => isBytes(value) && value.length <= LONGEST_ID;

/** The answer to a question for a passkey there is; undefined for anything else. */
export function assertionIn(text: string | undefined): AuthenticationResponseJSON | undefined {
  const { answer, response } = parse(text, LONGEST.assertion) ?? {};
  if (!answer || !response) return undefined;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  if (!isBytes(clientDataJSON) || !isBytes(authenticatorData) || !isBytes(signature)) return undefined;
  const handle = userHandle === undefined || userHandle === null || userHandle === '' ? undefined : userHandle;
  if (handle !== undefined && !isBytes(handle)) return undefined;
  return {
    ...answer,
    response: { clientDataJSON, authenticatorData, signature, ...(handle === undefined ? {} : { userHandle: handle }) },
  };
}

/** The answer to a question for a new passkey; undefined for anything else. */
export function creationIn(text: string | undefined): RegistrationResponseJSON | undefined {
  const { answer, response } = parse(text, LONGEST.registration) ?? {};
  if (!answer || !response) return undefined;
  const { clientDataJSON, attestationObject, transports } = response;
  if (!isBytes(clientDataJSON) || !isBytes(attestationObject)) return undefined;
  const known = (Array.isArray(transports) ? transports : []).filter((one) => /^[a-z-]{1,16}$/u.test(String(one)));
  return { ...answer, response: { clientDataJSON, attestationObject, transports: known.slice(0, 8) } };
}

function parse(text: string | undefined, longest: number) {
  if (!text || text.length > longest) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !isRecord(value.response)) return undefined;
  const { id, rawId, type } = value;
  if (!isId(id) || rawId !== id || type !== 'public-key') return undefined;
  return {
    answer: { id, rawId: id, type: 'public-key' as const, clientExtensionResults: {} },
    response: value.response,
  };
}

/**
 * True where a page of ours was asked inside another site's, or the browser does not say what it should. The library lets
 * one pass that names no top origin, as Safari's do.
 */
export function isCrossOrigin(clientDataJSON: string): boolean {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
    return !isRecord(data) || (data.crossOrigin ?? false) !== false || data.topOrigin !== undefined;
  } catch {
    return true;
  }
}
