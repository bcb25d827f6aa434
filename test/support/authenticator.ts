/**
 * A software authenticator: real keys, real CBOR, real signatures, and every lie a test wants told. It is given the options
 * a page holds and gives back the JSON that the page's form would carry.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Maker } from './maker.ts';

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
  /** Whose model it is: it attests to that in format `packed`. Or it attests itself. */
  readonly maker?: Maker;
  readonly self?: boolean;
  /** What it says its model is; that of its maker without it. */
  readonly aaguid?: string;
  /** CBOR in the place of its public key, and of extension outputs. */
  readonly publicKey?: Uint8Array;
  readonly extensions?: Uint8Array;
  /** In the place of its own, or its maker's. */
  readonly signature?: Uint8Array;
  /** The attestation object, or the authenticator data of an assertion, whole. */
  readonly object?: Uint8Array;
  /** The client data, whole. */
  readonly clientData?: string;
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
    const { maker, self, extensions } = lies;
    const said = lies.aaguid ?? maker?.aaguid;
    const aaguid = said === undefined ? this.aaguid : Buffer.from(said.replaceAll('-', ''), 'hex');
    const key = lies.publicKey ?? cbor(this.#cose(lies.algorithm));
    const set = 0x40 | (extensions ? 0x80 : 0);
    const authData = Buffer.concat([
      this.#authenticatorData(options.rp.id ?? '', lies, set),
      ...[aaguid, length, id, key, extensions ?? Buffer.alloc(0)],
    ]);
    const clientDataJSON = this.#clientData('webauthn.create', options.challenge, lies);
    const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const by = (one: KeyObject | string) => Buffer.from(lies.signature ?? sign('sha256', signed, one));
    const statement = new Map<string, Cbor>([
      ...(maker || self
        ? ([
            ['alg', -7],
            ['sig', by(maker?.leaf.key ?? this.privateKey)],
          ] as const)
        : []),
      ...(maker ? ([['x5c', [Buffer.from(maker.leaf.der, 'base64')]]] as const) : []),
    ]);
    const attestationObject = attestationOf(maker || self ? 'packed' : 'none', statement, authData);
    return this.#answer(
      {
        clientDataJSON,
        attestationObject: Buffer.from(lies.object ?? attestationObject).toString('base64url'),
        transports: this.#transports,
      },
      lies.id,
    );
  }

  /** What `navigator.credentials.get()` answers. */
  get(options: RequestOptions, lies: Lies = {}): string {
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge, lies);
    const authenticatorData = lies.object
      ? Buffer.from(lies.object)
      : Buffer.concat([
          this.#authenticatorData(options.rpId, lies, lies.extensions ? 0x80 : 0),
          lies.extensions ?? Buffer.alloc(0),
        ]);
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const userHandle = lies.userHandle === undefined ? this.userHandle : lies.userHandle;
    const response = {
      clientDataJSON,
      authenticatorData: authenticatorData.toString('base64url'),
      signature: Buffer.from(
        lies.signature ?? sign(this.#kind === 'EdDSA' ? null : 'sha256', signed, lies.signer ?? this.privateKey),
      ).toString('base64url'),
      ...(userHandle === undefined ? {} : { userHandle }),
    };
    return this.#answer(response, lies.id);
  }

  #answer(response: object, id = this.id): string {
    return JSON.stringify({ id, rawId: id, type: 'public-key', clientExtensionResults: {}, response });
  }

  #clientData(type: string, challenge: string, lies: Lies): string {
    if (lies.clientData !== undefined) return Buffer.from(lies.clientData).toString('base64url');
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

/** WebAuthn section 6.5.4. */
export const attestationOf = (format: string, statement: Map<string, Cbor>, authData: Buffer): Buffer =>
  cbor(
    new Map<string, Cbor>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', authData],
    ]),
  );

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
