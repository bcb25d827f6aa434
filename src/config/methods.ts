/** Which methods there are for whom: per identity store, narrowed by groups. */
import * as z from 'zod';
import { type ConfiguredWebauthn, webauthnSchema } from './webauthn.ts';
import { duration, section, text, whole } from './words.ts';

/** Every method a file may speak of, best first: of equally short ways the earlier one is offered. */
export const methodNames = ['webauthn', 'password', 'totp', 'email-code', 'recovery-code', 'access-pass'] as const;

const state = z.enum(['off', 'allowed', 'required']);
const setting = z.union([
  state.transform((one) => ({ state: one })),
  section({ state: state.optional(), stands_in: z.boolean().optional() }),
]);

/** `methods:` of a store or of a group: a state by name, or `{state, stands_in}`. */
export const methodSettingsSchema = z.partialRecord(z.enum(methodNames), setting).default({});

export const groupSchema = section({ name: text(256), methods: methodSettingsSchema });

export interface ConfiguredMethods {
  /** What may begin a sign-in, the first where a name was given. */
  readonly begin: readonly string[];
  readonly webauthn: ConfiguredWebauthn;
  /** `longest` a pass may be good for, in seconds; `length` in signs. */
  readonly accessPass: { readonly longest: number; readonly length: number };
}

/** `begin`: what may begin a sign-in; the first is asked for when a name was given. */
export const methodsSchema = section({
  begin: z
    .array(z.enum(['password', 'webauthn', 'email-code', 'access-pass']))
    .min(1)
    .default(['password', 'webauthn', 'access-pass']),
  webauthn: webauthnSchema,
  'access-pass': section({
    longest: duration(60, 366 * 86_400).default(30 * 86_400),
    length: whole(12, 48).default(12),
  }).prefault({}),
});
