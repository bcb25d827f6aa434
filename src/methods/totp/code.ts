import { createGuardrails, generateSecret, generateSync, verifySync } from 'otplib';

/** What an authenticator app and we agree on. */
export interface Agreement {
  /** Base32 (RFC 4648), upper case, without padding. */
  readonly secret: string;
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
  readonly digits: 6 | 8;
}

/** Seconds a code lives (RFC 6238 section 5.2). Every app has it so; the standards for hardware too. */
export const period = 30;

/** Ten-byte seeds come with every import from elsewhere; what we make ourselves has twenty. */
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 1, MAX_SECRET_BYTES: 128 });
const names = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;

/** 160 bits, as RFC 4226 section 4 recommends. */
export const newSecret = (): string => generateSecret({ length: 20 });

/** As people and other systems write it: in groups, in small letters, padded. */
export const tidySecret = (secret: string): string => secret.replace(/[\s-]|=+$/gu, '').toUpperCase();

/**
 * The time step this code belongs to, within `window` steps of now (milliseconds); undefined when it belongs to none.
 * Compared in constant time by otplib. Never throws, whatever was typed.
 */
export function stepOf(typed: unknown, agreed: Agreement, now: number, window: number): number | undefined {
  if (typeof typed !== 'string' || typed.length > 64) return undefined;
  const token = typed.replace(/\s/gu, '');
  if (!/^\d+$/u.test(token) || token.length !== agreed.digits) return undefined;
  const result = verifySync({
    secret: agreed.secret,
    algorithm: names[agreed.algorithm],
    digits: agreed.digits,
    period,
    epoch: Math.floor(now / 1000),
    epochTolerance: window * period,
    token,
    guardrails,
  });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}

/** The code an app shows at this instant (milliseconds); for the tests and the demo's own instructions. */
export function codeAt(agreed: Agreement, now: number): string {
  const { secret, digits } = agreed;
  const epoch = Math.floor(now / 1000);
  return generateSync({ secret, algorithm: names[agreed.algorithm], digits, period, epoch, guardrails });
}
