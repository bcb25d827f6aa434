/**
 * A software authenticator: real keys, real CBOR, real signatures, and every lie a test wants told. It is given the options
 * a page holds and gives back the JSON that the page's form would carry.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Lies {
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly type?: string;
  /** More of the client data, over what is there. */
  readonly client?: Readonly<Record<string, unknown>>;
  readonly present?: boolean;
  readonly verified?: boolean;
  readonly eligible?: boolean;
  readonly backedUp?: boolean;
  readonly counter?: number;
  readonly userHandle?: string | null;
  readonly id?: string;
  readonly signer?: KeyObject;
  /** COSE algorithm it says it has. */
  readonly algorithm?: number;
}

export interface RequestOptions {
  readonly challenge: string;
  readonly rpId: string;
}
export interface CreationOptions {
  readonly challenge: string;
  readonly rp: { readonly id?: string };
  readonly user: { readonly id: string };
}

type Kind = 'ES256' | 'EdDSA' | 'RS256';
const pairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export class Authenticator {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly aaguid: Buffer;
  readonly #kind: Kind;
  readonly #publicKey: KeyObject;
  readonly #origin: string;
  /** Whether it checks its holder, may be copied, and has been. */
  readonly #made: { readonly verified: boolean; readonly eligible: boolean; readonly backedUp: boolean };
  readonly #transports: readonly string[];
  counter: number;
  userHandle: string | undefined;

  /** A synced passkey of a phone, unless told otherwise. `counter`: -1 never counts. */
  constructor(
    origin: string,
    made: {
      kind?: Kind;
      id?: Buffer;
      verified?: boolean;
      eligible?: boolean;
      backedUp?: boolean;
      counter?: number;
      aaguid?: Buffer;
      transports?: readonly string[];
    } = {},
  ) {
    const { kind = 'ES256', id = randomBytes(16), verified = true, eligible = true, counter = -1 } = made;
    this.#kind = kind;
    this.id = id.toString('base64url');
    const pair = pairs[kind]();
    this.privateKey = pair.privateKey;
    this.#publicKey = pair.publicKey;
    this.#origin = origin;
    this.#made = { verified, eligible, backedUp: made.backedUp ?? eligible };
    this.#transports = made.transports ?? (eligible ? ['internal', 'hybrid'] : ['usb']);
    this.aaguid = made.aaguid ?? Buffer.alloc(16);
    this.counter = counter;
  }

  /** What `navigator.credentials.create()` answers, with attestation `none`. */
  create(options: CreationOptions, lies: Lies = {}): string {
    this.userHandle = options.user.id;
    const id = Buffer.from(lies.id ?? this.id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([this.aaguid, length, id, cbor(this.#cose(lies.algorithm))]);
    const authData = Buffer.concat([this.#authenticatorData(options.rp.id ?? '', lies, 0x40), attested]);
    const attestationObject = cbor(
      new Map<string, Cbor>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]),
    );
    return this.#answer({
      clientDataJSON: this.#clientData('webauthn.create', options.challenge, lies),
      attestationObject: attestationObject.toString('base64url'),
      transports: this.#transports,
    });
  }

  /** What `navigator.credentials.get()` answers. */
  get(options: RequestOptions, lies: Lies = {}): string {
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge, lies);
    const authenticatorData = this.#authenticatorData(options.rpId, lies);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const userHandle = lies.userHandle === undefined ? this.userHandle : lies.userHandle;
    const response = {
      clientDataJSON,
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign(this.#kind === 'EdDSA' ? null : 'sha256', signed, lies.signer ?? this.privateKey).toString(
        'base64url',
      ),
      ...(userHandle === undefined ? {} : { userHandle }),
    };
    return this.#answer(response, lies.id);
  }

  #answer(response: object, id = this.id): string {
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }

  #clientData(type: string, challenge: string, lies: Lies): string {
    const data = {
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.#origin,
      crossOrigin: false,
      ...lies.client,
    };
    return Buffer.from(JSON.stringify(data)).toString('base64url');
  }

  /** WebAuthn section 6.1: the site's hash, flags, counter. */
  #authenticatorData(rpId: string, lies: Lies, more = 0): Buffer {
    const { verified, eligible, backedUp } = { ...this.#made, ...lies };
    const { present = true } = lies;
    const flags = (present ? 0x01 : 0) | (verified ? 0x04 : 0) | (eligible ? 0x08 : 0) | (backedUp ? 0x10 : 0) | more;
    if (this.counter >= 0) this.counter += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? Math.max(0, this.counter));
    return Buffer.concat([sha256(Buffer.from(lies.rpId ?? rpId)), Buffer.from([flags]), counter]);
  }

  /** RFC 9053: the public key as a map of numbers. */
  #cose(algorithm?: number): Map<number, Cbor> {
    const { x = '', y = '', n = '', e = '' } = this.#publicKey.export({ format: 'jwk' });
    const bytes = (text: string) => Buffer.from(text, 'base64url');
    const keys: Record<Kind, [number, Cbor][]> = {
      ES256: [
        [1, 2],
        [3, algorithm ?? -7],
        [-1, 1],
        [-2, bytes(x)],
        [-3, bytes(y)],
      ],
      EdDSA: [
        [1, 1],
        [3, algorithm ?? -8],
        [-1, 6],
        [-2, bytes(x)],
      ],
      RS256: [
        [1, 3],
        [3, algorithm ?? -257],
        [-1, bytes(n)],
        [-2, bytes(e)],
      ],
    };
    return new Map(keys[this.#kind]);
  }
}

export type Cbor = number | string | Buffer | readonly Cbor[] | Map<number, Cbor> | Map<string, Cbor>;

/** RFC 8949, as far as authenticators write it. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map)
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])]);
  return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
}

function head(major: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(major << 5) | size]);
  if (size < 0x100) return Buffer.from([(major << 5) | 24, size]);
  return Buffer.from([(major << 5) | 25, size >> 8, size & 0xff]);
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** The options a page holds for its script; undefined where it asks for no passkey. */
export function optionsIn<Options>(html: string): Options {
  const [, json = ''] = /data-options="([^"]*)"/.exec(html) ?? [];
  const text = json.replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(n)).replace(/&quot;/g, '"');
  return JSON.parse(text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'));
}
