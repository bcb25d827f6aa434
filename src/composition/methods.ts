/** The ways to prove who one is, best first: of equally short ways the earlier one is offered. A part of the composition root. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Method } from '../domain/method.ts';
import { createPassword } from '../methods/password/password.ts';
import { createTotp } from '../methods/totp/totp.ts';
import { openWebauthn } from './authenticators.ts';

export function openMethods(
  config: Pick<Config, 'brand' | 'issuer' | 'methods' | 'secrets' | 'totp'>,
  { log, now }: { readonly log: Logger; readonly now: () => number },
) {
  const password = createPassword(config.brand.name);
  const totp = createTotp({ window: config.totp.window });
  const webauthn = openWebauthn(config, log, now());
  const methods: ReadonlyMap<string, Method> = new Map([webauthn, password, totp].map((method) => [method.id, method]));
  return { password, totp, methods };
}
