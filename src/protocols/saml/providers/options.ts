import { microsoft, nameIdFormat } from '../names.ts';
import { type AttributePreset, type AttributeSettings, attributeRules } from './attribute-presets.ts';

/** What an administrator says about one service provider: the keys under `saml:` of an application. */
export interface Options {
  readonly idpInitiated: boolean;
  readonly sign: 'response' | 'assertion' | 'both';
  readonly encrypt: 'auto' | 'always' | 'never';
  /** Exact requests for Password and PasswordProtectedTransport count as none. */
  readonly ignoreRequestedContext: boolean;
  /** The format of section 8.3 of saml-core, and the claim its value comes from where it is not our own choice. */
  readonly nameId?: { readonly format: string; readonly attribute?: string };
  readonly attributes: readonly AttributeRule[];
  readonly algorithm: 'rsa-sha256' | 'ecdsa-sha256' | 'rsa-sha1';
  /** Signatures by RSA with SHA-1 are taken from it, and RSA keys of 1024 bits. */
  readonly acceptSha1: boolean;
  /** The AuthnContextClassRef said when none is asked for, as long as it is true. */
  readonly context?: string;
}

/** One attribute to be released: its name on the wire and what of a person it holds. */
export interface AttributeRule {
  readonly name: string;
  readonly friendlyName?: string;
  readonly nameFormat: string;
  /**
   * `username`, `name`, `email`, `groups`, `principal-name` (the user name with our scope), `subject-id`, `pairwise-id`,
   * or the name of a declared claim. What a person does not have is not released.
   */
  readonly from: string;
}

/** How the file says it, which is how it is stored: every key may be missing. */
export interface Settings {
  readonly profile?: 'basic' | 'saml2int' | 'entra';
  readonly sign?: Options['sign'];
  readonly encrypt?: Options['encrypt'];
  readonly idp_initiated?: boolean;
  readonly ignore_requested_context?: boolean;
  readonly nameid?: string | { readonly format?: string; readonly attribute?: string };
  readonly attributes?: AttributePreset | AttributeSettings;
  readonly signature_algorithm?: Options['algorithm'];
  readonly accept_sha1?: boolean;
  readonly context?: string;
}

type Profile = Required<Pick<Settings, 'sign' | 'encrypt' | 'attributes'>> & Pick<Settings, 'nameid' | 'context'>;

const profiles: Readonly<Record<NonNullable<Settings['profile']>, Profile>> = {
  basic: { sign: 'both', encrypt: 'auto', attributes: 'basic' },
  // SDP-IDP09, 11 and 12.
  saml2int: { sign: 'response', encrypt: 'always', nameid: 'transient', attributes: 'eduperson' },
  // A domain federated to Microsoft Entra: the NameID is the ImmutableID. IDPEmail has to be the user principal name there;
  // where that is another than the address, `attributes: {map: {IDPEmail: …}}` names the claim that holds it.
  entra: {
    sign: 'assertion',
    encrypt: 'never',
    nameid: { format: 'persistent', attribute: 'immutable_id' },
    attributes: { map: { IDPEmail: 'email' } },
    context: microsoft.multipleAuthn,
  },
};

const formats: Readonly<Record<string, string>> = {
  persistent: nameIdFormat.persistent,
  transient: nameIdFormat.transient,
  email: nameIdFormat.emailAddress,
  unspecified: nameIdFormat.unspecified,
};

/** The options that settings mean: each key over that of the profile. `otherwise` stands in for what a profile releases. */
export function optionsOf(settings: Settings, otherwise?: AttributePreset): Options {
  const profile = profiles[settings.profile ?? 'basic'];
  const context = settings.context ?? profile.context;
  const nameId = nameIdOf(settings.nameid, profile.nameid);
  return {
    idpInitiated: settings.idp_initiated ?? false,
    sign: settings.sign ?? profile.sign,
    encrypt: settings.encrypt ?? profile.encrypt,
    ignoreRequestedContext: settings.ignore_requested_context ?? false,
    ...(nameId ? { nameId } : {}),
    attributes: attributeRules(settings.attributes ?? otherwise ?? profile.attributes),
    algorithm: settings.signature_algorithm ?? 'rsa-sha256',
    acceptSha1: settings.accept_sha1 ?? false,
    ...(context === undefined ? {} : { context }),
  };
}

function nameIdOf(own: Settings['nameid'], preset: Settings['nameid']): Options['nameId'] {
  const [said, before] = [own, preset].map((one) => (typeof one === 'string' ? { format: one } : one));
  if (!said && !before) return undefined;
  const format = said?.format ?? before?.format ?? 'unspecified';
  // A format of one's own does not take over where the profile's value came from.
  const attribute = said
    ? (said.attribute ?? (typeof own === 'object' && !own.format ? before?.attribute : undefined))
    : before?.attribute;
  return { format: formats[format] ?? format, ...(attribute === undefined ? {} : { attribute }) };
}
