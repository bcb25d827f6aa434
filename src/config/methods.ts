/** Which methods there are for whom: per identity store, narrowed by groups. */
import * as z from 'zod';
import { webauthnSchema } from './webauthn.ts';
import { section, text } from './words.ts';

/** Every method a file may speak of, best first: of equally short ways the earlier one is offered. */
export const methodNames = ['webauthn', 'password', 'totp', 'email-code', 'recovery-code', 'access-pass'] as const;
export type MethodName = (typeof methodNames)[number];

const state = z.enum(['off', 'allowed', 'required']);
const setting = z.union([
  state.transform((one) => ({ state: one })),
  section({ state: state.optional(), stands_in: z.boolean().optional() }),
]);

/** `methods:` of a store or of a group: a state by name, or `{state, stands_in}`. */
export const methodSettingsSchema = z.partialRecord(z.enum(methodNames), setting).default({});

export const groupSchema = section({ name: text(256), methods: methodSettingsSchema });

/** `begin`: what may begin a sign-in; the first is asked for when a name was given. */
export const methodsSchema = section({
  begin: z
    .array(z.enum(['password', 'webauthn', 'email-code', 'access-pass']))
    .min(1)
    .default(['password', 'webauthn', 'access-pass']),
  webauthn: webauthnSchema,
});
