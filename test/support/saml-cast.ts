/** The service providers of the SAML tests: one for every way an administrator may want one treated, and who signs in at them. */
import { binding, nameIdFormat, ns } from '../../src/protocols/saml/names.ts';
import { PASSWORD, secretOf, settings } from './rp.ts';
import { pair } from './saml-keys.ts';
import { ServiceProvider } from './saml-sp.ts';

const rolled = [pair('the old one'), pair('the new one')];
const receiving = [pair('encryption')];
const at = (id: string, path = 'acs') => `https://sp.example/${id}/${path}`;

export const cast = {
  plain: new ServiceProvider({ id: 'plain' }),
  other: new ServiceProvider({ id: 'other' }),
  /** Says that it signs, and is changing its keys. */
  signing: new ServiceProvider({ id: 'signing', authnRequestsSigned: true, signing: rolled }),
  /** Takes answers at several addresses, wants several sets of attributes. */
  many: new ServiceProvider({
    id: 'many',
    consumers: [
      { location: at('many', 'first'), index: 3 },
      { location: at('many', 'second'), index: 7, isDefault: true },
      { location: at('many', 'artifact'), index: 9, binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact' },
    ],
    attributes: { 1: ['mail'], 2: ['uid', 'displayName'] },
    nameIdFormats: [nameIdFormat.emailAddress, nameIdFormat.transient],
  }),
  opened: new ServiceProvider({ id: 'opened', saml: { idp_initiated: true } }),
  lenient: new ServiceProvider({ id: 'lenient', saml: { ignore_requested_context: true } }),
  preferring: new ServiceProvider({
    id: 'preferring',
    saml: { context: 'http://schemas.microsoft.com/claims/multipleauthn', attributes: 'microsoft' },
  }),
  response: new ServiceProvider({ id: 'response', saml: { sign: 'response' } }),
  assertion: new ServiceProvider({ id: 'assertion', saml: { sign: 'assertion' } }),
  encrypting: new ServiceProvider({ id: 'encrypting', encryption: receiving }),
  modern: new ServiceProvider({
    id: 'modern',
    modern: true,
    keys: receiving,
    methods: [`${ns.encryption11}aes128-gcm`, `${ns.encryption11}rsa-oaep`],
  }),
  open: new ServiceProvider({ id: 'open', encryption: receiving, saml: { encrypt: 'never' } }),
  keyless: new ServiceProvider({ id: 'keyless', saml: { encrypt: 'always' } }),
  /** Its one key for everything is of a kind nothing can be encrypted to. */
  curved: new ServiceProvider({ id: 'curved', keys: [pair('curved', 'ec')], signing: [] }),
  curve: new ServiceProvider({ id: 'curve', modern: true, saml: { signature_algorithm: 'ecdsa-sha256' } }),
  old: new ServiceProvider({ id: 'old', saml: { signature_algorithm: 'rsa-sha1', accept_sha1: true } }),
  saml2int: new ServiceProvider({ id: 'saml2int', encryption: receiving, saml: { profile: 'saml2int' } }),
  entra: new ServiceProvider({ id: 'entra', saml: { profile: 'entra' } }),
  named: new ServiceProvider({ id: 'named', saml: { nameid: { format: 'unspecified', attribute: 'employee' } } }),
  finance: new ServiceProvider({ id: 'finance', more: { groups: ['Finance'] } }),
  /** Not in metadata: nothing may be sent by it. */
  unbound: new ServiceProvider({
    id: 'unbound',
    consumers: [
      { location: at('unbound', 'artifact'), binding: binding.redirect, index: 0 },
      { location: at('unbound'), index: 1 },
    ],
  }),
};

/** Iris has everything a service provider may want to know; Omar's address nobody verified. */
export const castSettings = (more: { applications?: object[]; users?: object[] } & Record<string, unknown> = {}) =>
  settings({
    ...more,
    applications: [...Object.values(cast).map(({ application }) => application), ...(more.applications ?? [])],
    users: [
      {
        username: 'iris',
        name: 'Iris <Ödegård> & "Co"',
        password: PASSWORD,
        email: 'iris@northfold.example',
        email_verified: true,
        groups: ['Finance', 'Everyone'],
        claims: { employee: '00417', immutable_id: 'aXJpcw==', department: 'Treasury' },
        methods: { totp: { secret: secretOf('iris') } },
      },
      { username: 'omar', name: 'Omar', password: PASSWORD, email: 'omar@northfold.example', email_verified: false },
      ...(more.users ?? []),
    ],
  });

/** Every one of them learns who Stile is. */
export async function meetAll(stile: { issuer: string }): Promise<void> {
  const [first, ...rest] = Object.values(cast) as [ServiceProvider, ...ServiceProvider[]];
  await first.meet(stile);
  for (const sp of rest) sp.meetAs(first);
}
