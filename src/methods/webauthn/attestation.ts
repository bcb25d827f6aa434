import { X509Certificate } from 'node:crypto';
import { decodeAttestationObject, isoCBOR } from '@simplewebauthn/server/helpers';
import { endOfItem } from './cbor.ts';

/** An attestation object (WebAuthn Level 3 section 6.5.4) as far as it is looked at before its signature is checked. */
export interface Attestation {
  readonly format: string;
  readonly statement: ReadonlyMap<unknown, unknown>;
  readonly authenticatorData: Uint8Array;
  /** Lower case with hyphens: what the authenticator calls its model. Zeros where it does not say. */
  readonly aaguid: string;
}

/** Bytes. A TPM's with its certificates has about six thousand. */
const largest = 32 * 1024;
const longestPath = 6;
/** WebAuthn Level 3 section 7.1 step 25. */
const longestId = 1023;

const flag = { attested: 0x40, extensions: 0x80 } as const;

/** Undefined for what no authenticator may send. Never throws. */
export function readAttestation(bytes: Uint8Array): Attestation | undefined {
  if (bytes.length > largest || endOfItem(bytes) !== bytes.length) return undefined;
  try {
    const decoded = decodeAttestationObject(new Uint8Array(bytes));
    if (!(decoded instanceof Map)) return undefined;
    const [format, statement, data]: readonly unknown[] = ['fmt', 'attStmt', 'authData'].map((key) =>
      decoded.get(key as 'fmt'),
    );
    if (typeof format !== 'string' || !(statement instanceof Map) || !(data instanceof Uint8Array)) return undefined;
    if (!soundData(data) || !((data[32] ?? 0) & flag.attested)) return undefined;
    const aaguid = spell(data.subarray(37, 53));
    return { format, statement, authenticatorData: data, aaguid };
  } catch {
    return undefined;
  }
}

/** Whether authenticator data (section 6.1) has the lengths it says it has, to the last byte. */
export function soundData(data: Uint8Array): boolean {
  if (data.length < 37 || data.length > largest) return false;
  const flags = data[32] ?? 0;
  let at: number | undefined = 37;
  if (flags & flag.attested) {
    const length = (data[53] ?? 0) * 256 + (data[54] ?? 0);
    if (data.length < 55 || length > longestId || length === 0) return false;
    at = endOfMap(data, 55 + length);
  }
  if (flags & flag.extensions) at = at === undefined ? undefined : endOfMap(data, at);
  return at === data.length;
}

const endOfMap = (data: Uint8Array, from: number) => ((data[from] ?? 0) >> 5 === 5 ? endOfItem(data, from) : undefined);

/** The same object saying nothing of the authenticator's make: what is not believed is not parsed any further either. */
export const withoutStatement = ({ authenticatorData }: Attestation): Uint8Array =>
  encode('none', new Map(), authenticatorData);

/** The same object with the first certificates of its statement alone; its signature is by the very first. */
export const withPath = ({ format, statement, authenticatorData }: Attestation, length: number): Uint8Array =>
  encode(format, new Map([...statement, ['x5c', firstOf(statement, length)]]), authenticatorData);

const firstOf = (statement: Attestation['statement'], length: number) => {
  const x5c = statement.get('x5c');
  return Array.isArray(x5c) ? x5c.slice(0, length) : [];
};

function encode(format: string, statement: ReadonlyMap<unknown, unknown>, data: Uint8Array): Uint8Array {
  const object = new Map<string, unknown>([
    ['fmt', format],
    ['attStmt', statement],
    ['authData', data],
  ]);
  return isoCBOR.encode(object as Parameters<typeof isoCBOR.encode>[0]);
}

/** 16 bytes as a UUID is written. */
function spell(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** The certificates of the statement, leaf first; none where there are too many, or one that cannot be read. */
export function certificatesOf({ statement }: Attestation): readonly X509Certificate[] {
  const x5c = statement.get('x5c');
  if (!Array.isArray(x5c) || x5c.length > longestPath) return [];
  try {
    return x5c.map((one) => new X509Certificate(one));
  } catch {
    return [];
  }
}
