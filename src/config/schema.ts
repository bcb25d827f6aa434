import * as z from 'zod';
import { roleNames } from '../domain/role.ts';
import { builtIn } from '../policy/strengths.ts';
import { brandColours } from '../web/brand.ts';
import { clientAddress } from '../web/client-address.ts';
import { clientSchema } from './client.ts';
import { identityProviderSchema } from './identity-provider.ts';
import { keysSchema } from './keys.ts';
import { mailSchema } from './mail.ts';
import { groupSchema, methodSettingsSchema, methodsSchema } from './methods.ts';
import { personFields } from './person.ts';
import { resourceSchema } from './resource.ts';
import { federationSchema, samlSchema } from './saml.ts';
import { tlsSchema } from './tls.ts';
import { duration, scopes, section, slug, text, webAddress, whole } from './words.ts';

/** The shape of the YAML file. What is wrong between its keys is in between.ts. */

/** A sentence thrown by another room is the problem's words. */
function sentence(check: (value: string) => unknown) {
  return z.string().superRefine((value, context) => {
    try {
      check(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

/** RFC 9106's string form, for argon2i, argon2d and argon2id, with a salt and a hash of sensible lengths. */
const phc =
  /^\$argon2(id|i|d)(\$v=(16|19))?\$m=\d{1,8},t=\d{1,5},p=\d{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172}$/u;

const secretOfTotp = () =>
  text().refine((value) => {
    const bare = value.replace(/[\s-]|=+$/gu, '');
    return /^[A-Za-z2-7]{16,204}$/u.test(bare);
  }, 'has to be base32 (letters A to Z and digits 2 to 7) of at least 10 bytes, which are 16 characters');

const user = section({
  ...personFields,
  password: text().optional(),
  password_file: text().optional(),
  password_hash: z
    .string()
    .refine((value) => phc.test(value), 'has to be an argon2 hash like $argon2id$v=19$m=19456,t=2,p=1$salt$hash')
    .optional(),
  methods: section({
    totp: section({
      secret: secretOfTotp(),
      algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']).default('SHA1'),
      digits: z.literal([6, 8]).default(6),
      label: text(64).optional(),
    }).optional(),
  }).default({}),
});

const application = section({
  id: slug(),
  name: text(128),
  third_party: z.boolean().default(false),
  groups: z.array(text(256)).optional(),
  role: z.enum(roleNames).optional(),
  oidc: clientSchema.optional(),
  saml: samlSchema.optional(),
});

const holders = () =>
  section({ users: z.array(text(256)).default([]), groups: z.array(text(256)).default([]) }).optional();

const year = 366 * 86_400;

export const schema = section({
  applications: z.array(application).default([]),
  resources: z.array(resourceSchema).default([]),
  federations: z.array(federationSchema).default([]),
  users: z.array(user).default([]),
  stores: z
    .array(section({ id: z.enum(['local']), methods: methodSettingsSchema }))
    .default([{ id: 'local', methods: {} }]),
  groups: z.array(groupSchema).default([]),
  methods: methodsSchema.prefault({}),
  assurance: section({
    names: z.record(text(), z.enum(Object.keys(builtIn)).nullable()).default({}),
    email_code: z.enum(['factor', 'none']).default('none'),
    recovery_code: z.enum(['factor', 'none']).default('factor'),
  }).prefault({}),
  session: section({
    absolute: duration(60, year).default(8 * 3600),
    idle: duration(60, year).optional(),
    stay: duration(60, year).default(30 * 86_400),
  }).prefault({}),
  limits: section({
    lock_after: whole(1, 100).default(10),
    lock_minutes: whole(1, 1440).default(15),
    // NIST SP 800-63B-4 section 3.2.2: never more than a hundred.
    disable_after: whole(1, 100).default(50),
    address_failures: whole(1, 1_000_000).default(300),
    address_window_minutes: whole(1, 1440).default(10),
  }).prefault({}),
  totp: section({ window: whole(0, 4).default(1) }).prefault({}),
  proxies: z.array(sentence((cidr) => clientAddress([cidr]))).default([]),
  tls: tlsSchema.optional(),
  brand: section({
    name: text(64).default('Stile'),
    accent: sentence(brandColours).optional(),
    logo_file: text()
      .refine((value) => /\.(svg|png|webp)$/iu.test(value), 'has to be an .svg, .png or .webp file')
      .optional(),
    help_url: webAddress().optional(),
    privacy_url: webAddress().optional(),
  }).prefault({}),
  keys: keysSchema.prefault({}),
  saml: identityProviderSchema.prefault({}),
  roles: section({
    owner: holders(),
    security: holders(),
    policy: holders(),
    helpdesk: holders(),
    auditor: holders(),
  }).prefault({}),
  administration: section({ fresh: duration(60, 86_400).default(900) }).prefault({}),
  registration: section({
    enabled: z.boolean().default(false),
    scopes: z.array(z.enum(scopes)).default(['openid', 'profile', 'email', 'offline_access']),
    limit: whole(1, 100_000).default(1000),
  }).prefault({}),
  enrolment: section({
    first: z.enum(['password', 'mailed-link', 'pass']).default('mailed-link'),
    window: duration(0, 10 * year).default(14 * 86_400),
  }).prefault({}),
  mail: mailSchema.optional(),
  metrics: section({
    port: whole(1, 65_535).optional(),
    token: text()
      .refine((value) => value.length >= 16, 'has to have at least 16 characters')
      .optional(),
    token_file: text().optional(),
  }).optional(),
  audit: section({ retention: duration(0, 100 * year).default(0) }).prefault({}),
  log: section({
    level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  }).prefault({}),
});

export type File = z.output<typeof schema>;
