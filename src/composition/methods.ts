/** The ways to prove who one is, best first: of equally short ways the earlier one is offered. A part of the composition root. */
import type { Config } from '../config.ts';
import type { Method } from '../domain/method.ts';
import { createPassword } from '../methods/password/password.ts';
import { createTotp } from '../methods/totp/totp.ts';
import { createWebauthn } from '../methods/webauthn/webauthn.ts';
import { derive } from '../state/sealer.ts';

export function openMethods(config: Pick<Config, 'brand' | 'issuer' | 'methods' | 'secrets' | 'totp'>) {
  const password = createPassword(config.brand.name);
  const totp = createTotp({ window: config.totp.window });
  const webauthn = createWebauthn({
    rpId: config.methods.webauthn.rp_id ?? new URL(config.issuer).hostname,
    origins: [new URL(config.issuer).origin],
    secrets: config.secrets.map((one) => derive(one, 'webauthn')),
  });
  const methods: ReadonlyMap<string, Method> = new Map([webauthn, password, totp].map((method) => [method.id, method]));
  return { password, totp, methods };
}
