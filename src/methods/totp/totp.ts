/**
 * Codes of an authenticator app (RFC 6238): something a person holds. Owns the secret's forms, the code's check and the
 * registration page's QR code. Asks nobody; must not know of attempts or of the store, which refuses a step that was
 * spent before: this room only says which step a code belongs to.
 */
import { generateURI } from 'otplib';
import type { Credential, NewCredential } from '../../domain/credential.ts';
import type { Method, Registered, Verification } from '../../domain/method.ts';
import { type Agreement, newSecret, period, stepOf, tidySecret } from './code.ts';
import { drawQr } from './qr.ts';

/** A secret that was agreed on elsewhere: declared by an administrator. */
export interface Seed {
  readonly secret: string;
  readonly algorithm?: Agreement['algorithm'];
  readonly digits?: Agreement['digits'];
  readonly label?: string;
}

export interface Totp extends Method {
  register: NonNullable<Method['register']>;
  confirm: NonNullable<Method['confirm']>;
  /** The credential of a declared seed. */
  adopt(seed: Seed): NewCredential;
}

const method = 'totp';
const appName = 'Authenticator app';

function agreement(credential: Pick<Credential, 'secret' | 'data'>): Agreement {
  const { algorithm, digits } = credential.data;
  return {
    secret: credential.secret,
    algorithm: algorithm === 'SHA256' || algorithm === 'SHA512' ? algorithm : 'SHA1',
    digits: digits === 8 ? 8 : 6,
  };
}

function credentialOf({ secret, algorithm, digits }: Agreement, label: string, counter: number): NewCredential {
  return { method, label, secret, data: { algorithm, digits, period }, counter };
}

/** Only what we wrote ourselves; anything else registers nothing. */
function secretIn(state: string | undefined): string | undefined {
  if (!state) return undefined;
  try {
    const { secret } = JSON.parse(state);
    return typeof secret === 'string' ? secret : undefined;
  } catch {
    return undefined;
  }
}

/** `window`: how many steps of 30 seconds a clock may be ahead or behind. */
export function createTotp({ window = 1 }: { window?: number } = {}): Totp {
  return {
    id: method,
    first: false,
    guards: true,
    worth: [method],
    classesOf: () => [method],
    registers: [method],

    challenge: async ({ credentials }) => ({
      state: '',
      show: { digits: credentials.some((one) => agreement(one).digits === 8) ? 8 : 6 },
    }),

    async verify({ credentials, now }, _state, answer): Promise<Verification> {
      for (const credential of credentials) {
        const step = stepOf(answer.code, agreement(credential), now, window);
        if (step === undefined || step <= credential.counter) continue;
        const evidence = { class: method, method } as const;
        return { kind: 'proved', evidence, credential: credential.id, counter: step };
      }
      return { kind: 'wrong' };
    },

    async register({ user, issuer }, state) {
      const secret = secretIn(state) ?? newSecret();
      // The app splits the label at its colon.
      const name = issuer.replaceAll(':', ' ').trim();
      const uri = generateURI({ issuer: name, label: user.username, secret, algorithm: 'sha1', digits: 6, period });
      const show = {
        uri,
        qr: drawQr(uri),
        secret: secret.match(/.{1,4}/gu)?.join(' '),
        account: user.username,
        digits: 6,
      };
      return { state: JSON.stringify({ secret }), show };
    },

    async confirm(state, answer, now): Promise<Registered> {
      const secret = secretIn(state);
      if (!secret) return { kind: 'wrong' };
      const agreed: Agreement = { secret, algorithm: 'SHA1', digits: 6 };
      const step = stepOf(answer.code, agreed, now, window);
      if (step === undefined) return { kind: 'wrong' };
      return { kind: 'registered', credential: credentialOf(agreed, appName, step), class: method };
    },

    adopt({ secret, algorithm = 'SHA1', digits = 6, label = appName }) {
      return credentialOf({ secret: tidySecret(secret), algorithm, digits }, label, -1);
    },
  };
}
