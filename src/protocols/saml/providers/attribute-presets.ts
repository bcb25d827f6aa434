import { nameFormat } from '../names.ts';
import type { AttributeRule } from './options.ts';

/** Names for what of a person is released, as the applications of three worlds know them. */

export type AttributePreset = 'basic' | 'eduperson' | 'microsoft' | 'none';

export interface AttributeSettings {
  /** What the map adds to; without it, nothing. */
  readonly preset?: AttributePreset;
  /** What each name on the wire holds; null takes one of the preset away. */
  readonly map?: Readonly<Record<string, string | null>>;
}

/** eduPerson and inetOrgPerson (RFC 4524, RFC 2798) by the names of the SAML V2.0 X.500/LDAP attribute profile. */
const friendly: Readonly<Record<string, string>> = {
  'urn:oid:0.9.2342.19200300.100.1.1': 'uid',
  'urn:oid:0.9.2342.19200300.100.1.3': 'mail',
  'urn:oid:2.5.4.4': 'sn',
  'urn:oid:2.5.4.42': 'givenName',
  'urn:oid:2.16.840.1.113730.3.1.241': 'displayName',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': 'eduPersonAffiliation',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': 'eduPersonPrincipalName',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.7': 'eduPersonEntitlement',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.9': 'eduPersonScopedAffiliation',
};

const presets: Readonly<Record<AttributePreset, Readonly<Record<string, string>>>> = {
  none: {},
  basic: { mail: 'email', displayName: 'name', uid: 'username', groups: 'groups' },
  // What somebody is to us only a declared claim can say.
  eduperson: {
    'urn:oid:0.9.2342.19200300.100.1.3': 'email',
    'urn:oid:2.16.840.1.113730.3.1.241': 'name',
    'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': 'principal-name',
    'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': 'affiliation',
  },
  microsoft: {
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': 'email',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': 'username',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname': 'given_name',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname': 'family_name',
    'http://schemas.microsoft.com/identity/claims/displayname': 'name',
    'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups': 'groups',
  },
};

/** The rules that settings mean, in their order. */
export function attributeRules(settings: AttributePreset | AttributeSettings): AttributeRule[] {
  const { preset = 'none', map = {} } = typeof settings === 'string' ? { preset: settings } : settings;
  return Object.entries({ ...presets[preset], ...map }).flatMap(([name, from]) =>
    from === null ? [] : rule(name, from),
  );
}

function rule(name: string, from: string): AttributeRule {
  // A URI is a name of another kind than a word (saml-core section 8.2).
  const uri = /^[a-z][a-z0-9+.-]*:/i.test(name);
  return {
    name,
    ...(Object.hasOwn(friendly, name) ? { friendlyName: friendly[name] as string } : {}),
    nameFormat: uri ? nameFormat.uri : nameFormat.basic,
    from,
  };
}
