/** An authenticator in software: it makes credentials and signs as one of flesh and bone would, or lies where a test says so. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import type { Office, Shown } from './certificates.ts';

type Cbor = Parameters<typeof isoCBOR.encode>[0];

export const flags = {
  present: 0x01,
  verified: 0x04,
  eligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extensions: 0x80,
};

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
const base64url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');
export const encode = (value: unknown): Buffer => Buffer.from(isoCBOR.encode(value as Cbor));

/** What signs for a model of authenticators: its attestation certificate and whoever issued that. */
export interface Maker {
  readonly aaguid: string;
  readonly leaf: Shown;
  readonly root: Shown;
}

/** `names` is what the certificate says the AAGUID is, the model's own without it. */
export function makerOf(
  office: Office,
  aaguid: string,
  { names = aaguid, root }: { names?: string; root?: Shown } = {},
) {
  const by = root ?? office.authority('/C=SE/O=Northfold/CN=Northfold attestation root');
  const leaf = office.issue('/C=SE/O=Northfold/OU=Authenticator Attestation/CN=Northfold key', {
    by,
    extensions: ['basicConstraints=CA:FALSE', `1.3.6.1.4.1.45724.1.1.4=DER:0410${names.replaceAll('-', '')}`],
  });
  return { aaguid, leaf, root: by };
}

/** A metadata statement as FIDO writes them, for a model of ours. */
export const statementOf = ({ aaguid, root }: Maker, more: Readonly<Record<string, unknown>> = {}) => ({
  description: 'Northfold Key 3',
  aaguid,
  protocolFamily: 'fido2',
  schema: 3,
  authenticationAlgorithms: ['secp256r1_ecdsa_sha256_raw'],
  attestationTypes: ['basic_full'],
  keyProtection: ['hardware', 'secure_element'],
  attestationRootCertificates: [root.der],
  ...more,
});

/** What may be other than an honest authenticator and browser would have it. */
export interface Lies {
  readonly flags?: number;
  readonly aaguid?: string;
  readonly id?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly rpId?: string;
  readonly client?: Readonly<Record<string, unknown>>;
  /** Bytes behind the credential: extension outputs. */
  readonly extensions?: Uint8Array;
  readonly counter?: number;
  readonly signature?: Uint8Array;
  /** The attestation object, whole. */
  readonly object?: Uint8Array;
  readonly userHandle?: string;
}

export class SecurityKey {
  readonly id: Buffer = randomBytes(32);
  readonly #private: KeyObject;
  readonly #public: KeyObject;
  readonly #at: { readonly rpId: string; readonly origin: string };
  #counter = 0;

  constructor(at: { rpId: string; origin: string } = { rpId: 'localhost', origin: 'http://localhost' }) {
    this.#at = at;
    ({ privateKey: this.#private, publicKey: this.#public } = generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  }

  /** A COSE key (RFC 9053) for ES256. */
  publicKey(): Buffer {
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' });
    const coordinates = [Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
    return encode(
      new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        ...coordinates.map((one, i) => [-2 - i, new Uint8Array(one)] as const),
      ]),
    );
  }

  #data(lies: Lies, credential: boolean): Buffer {
    const usual = flags.present | flags.verified;
    const set = (lies.flags ?? usual) | (credential ? flags.attested : 0) | (lies.extensions ? flags.extensions : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.#counter++);
    const id = lies.id ?? this.id;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const aaguid = Buffer.from((lies.aaguid ?? '00000000-0000-0000-0000-000000000000').replaceAll('-', ''), 'hex');
    return Buffer.concat([
      sha256(lies.rpId ?? this.#at.rpId),
      Buffer.from([set]),
      counter,
      ...(credential ? [aaguid, length, id, lies.publicKey ?? this.publicKey()] : []),
      ...(lies.extensions ? [lies.extensions] : []),
    ]);
  }

  #client(type: string, challenge: string, lies: Lies): Buffer {
    return Buffer.from(
      JSON.stringify({ type, challenge, origin: this.#at.origin, crossOrigin: false, ...lies.client }),
    );
  }

  /** RegistrationResponseJSON; with a maker an attestation of format `packed`, otherwise none. */
  create(challenge: string, { maker, self, ...lies }: Lies & { maker?: Maker; self?: boolean } = {}) {
    const client = this.#client('webauthn.create', challenge, lies);
    const data = this.#data({ aaguid: maker?.aaguid, ...lies } as Lies, true);
    const signed = Buffer.concat([data, sha256(client)]);
    const by = (key: KeyObject | string) => new Uint8Array(lies.signature ?? sign('sha256', signed, key));
    const statement = new Map<string, unknown>(
      maker
        ? [
            ['alg', -7],
            ['sig', by(maker.leaf.key)],
            ['x5c', [new Uint8Array(Buffer.from(maker.leaf.der, 'base64'))]],
          ]
        : self
          ? [
              ['alg', -7],
              ['sig', by(this.#private)],
            ]
          : [],
    );
    const object = encode(
      new Map<string, unknown>([
        ['fmt', maker || self ? 'packed' : 'none'],
        ['attStmt', statement],
        ['authData', new Uint8Array(data)],
      ]),
    );
    const id = base64url(lies.id ?? this.id);
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      authenticatorAttachment: 'cross-platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(client),
        attestationObject: base64url(lies.object ?? object),
        transports: ['usb'],
      },
    };
  }

  /** AuthenticationResponseJSON. */
  get(challenge: string, lies: Lies = {}) {
    const client = this.#client('webauthn.get', challenge, lies);
    const data = this.#data(lies, false);
    const signature = lies.signature ?? sign('sha256', Buffer.concat([data, sha256(client)]), this.#private);
    const id = base64url(lies.id ?? this.id);
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      authenticatorAttachment: 'cross-platform' as const,
      clientExtensionResults: {},
      response: {
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(signature),
        ...(lies.userHandle === undefined ? {} : { userHandle: base64url(lies.userHandle) }),
      },
    };
  }
}
