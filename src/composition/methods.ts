/** The ways to prove who one is, best first: of equally short ways the earlier one is offered. A part of the composition root. */
import { isIP } from 'node:net';
import type { Logger } from 'pino';
import { createPost } from '../authentication/mailing.ts';
import type { Config } from '../config.ts';
import type { Messenger } from '../domain/message.ts';
import type { Method } from '../domain/method.ts';
import { createAccessPass } from '../methods/access-pass/access-pass.ts';
import { createEmailCode } from '../methods/email-code/email-code.ts';
import { createMailedLink } from '../methods/mailed-link/mailed-link.ts';
import { createPassword } from '../methods/password/password.ts';
import { createRecoveryCode } from '../methods/recovery-code/recovery-code.ts';
import { createTotp } from '../methods/totp/totp.ts';
import type { Kv } from '../state/kv.ts';
import { openWebauthn } from './authenticators.ts';

export interface MethodParts {
  readonly kv: Kv;
  /** Undefined: no mail is sent, and what needs it is not there. */
  readonly messenger: Messenger | undefined;
  readonly log: Pick<Logger, 'error' | 'warn'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function openMethods(
  config: Pick<Config, 'assurance' | 'brand' | 'issuer' | 'methods' | 'secrets' | 'totp'>,
  { kv, messenger, log, now }: MethodParts,
) {
  const password = createPassword(config.brand.name);
  const totp = createTotp({ window: config.totp.window });
  const accessPass = createAccessPass(config.methods.accessPass);
  const onFault = (error: unknown) => log.error({ err: error }, 'a mail could not be sent');
  const post = messenger && createPost(messenger, kv, onFault);
  const emailCode = {
    begins: config.methods.begin.includes('email-code'),
    counts: config.assurance.emailCode === 'factor',
  };
  const all: readonly Method[] = [
    // Browsers make passkeys for names only.
    ...(isIP(new URL(config.issuer).hostname.replace(/^\[|\]$/gu, '')) ? [] : [openWebauthn(config, log, now())]),
    password,
    totp,
    ...(post ? [createEmailCode(post, emailCode), createMailedLink(post, config.issuer)] : []),
    createRecoveryCode({ counted: config.assurance.recoveryCode === 'factor' }),
    accessPass,
  ];
  const methods: ReadonlyMap<string, Method> = new Map(all.map((method) => [method.id, method]));
  return { password, totp, accessPass, methods };
}
