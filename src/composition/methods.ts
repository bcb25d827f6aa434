/** The ways to prove who one is, best first: of equally short ways the earlier one is offered. A part of the composition root. */
import type { Config } from '../config.ts';
import type { Method } from '../domain/method.ts';
import { createAccessPass } from '../methods/access-pass/access-pass.ts';
import { createPassword } from '../methods/password/password.ts';
import { createRecoveryCode } from '../methods/recovery-code/recovery-code.ts';
import { createTotp } from '../methods/totp/totp.ts';

export function openMethods(config: Pick<Config, 'brand' | 'totp' | 'assurance' | 'methods'>) {
  const password = createPassword(config.brand.name);
  const totp = createTotp({ window: config.totp.window });
  const recoveryCode = createRecoveryCode({ counted: config.assurance.recoveryCode === 'factor' });
  const accessPass = createAccessPass(config.methods.accessPass);
  const all: readonly Method[] = [password, totp, recoveryCode, accessPass];
  const methods: ReadonlyMap<string, Method> = new Map(all.map((method) => [method.id, method]));
  return { password, totp, accessPass, methods };
}
