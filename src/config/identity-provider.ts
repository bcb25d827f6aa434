import * as z from 'zod';
import { often } from './keys.ts';
import { duration, parsed, section, secureAddress, text, webAddress, whole } from './words.ts';

/** `saml:` at the top of the file: what our metadata says about us, and how long it and its keys last. */

const day = 86_400;

const textOrTexts = 'has to be a text, or texts by language tag like en or pt-BR';

/** One text, or one for each language; a single one is English. */
const localized = <T extends z.ZodType<string, string>>(value: () => T) =>
  z.union([value(), z.record(z.string(), value())], textOrTexts).transform((said, context): Record<string, string> => {
    if (typeof said === 'string') return { en: said };
    const strange = Object.keys(said).find((tag) => !/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/u.test(tag));
    if (strange !== undefined || Object.keys(said).length === 0)
      context.addIssue({ code: 'custom', message: textOrTexts });
    return said;
  });

/** saml-core-2.0-os section 8.3.6, and at most what SAML2Int lets every peer expect (SDP-G04). */
const entityId = () =>
  text(256).refine((value) => parsed(value) !== undefined, 'has to be an absolute URI of at most 256 characters');
const uri = () => text(2048).refine((value) => parsed(value) !== undefined, 'has to be an absolute URI');

const contact = section({
  type: z.enum(['technical', 'support', 'administrative', 'billing', 'security', 'other']),
  name: text(128).optional(),
  email: text(254).refine((value) => /^[^\s@:?]+@[^\s@?]+$/u.test(value), 'has to be an email address'),
});

export const identityProviderSchema = section({
  entity_id: entityId().optional(),
  display_name: localized(() => text(128)).optional(),
  description: localized(() => text(1000)).optional(),
  logo: section({ url: secureAddress(), width: whole(1, 10_000), height: whole(1, 10_000) }).optional(),
  information_url: localized(webAddress).optional(),
  privacy_url: localized(webAddress).optional(),
  error_url: webAddress().optional(),
  scope: text(253)
    .refine((value) => /^[a-z0-9-]+(\.[a-z0-9-]+)*$/u.test(value), 'has to be a domain name in lower case')
    .optional(),
  organization: section({
    name: localized(() => text(128)),
    display_name: localized(() => text(128)).optional(),
    url: localized(webAddress),
  }).optional(),
  contacts: z.array(contact).default([]),
  assurance_certification: z.array(uri()).default([]),
  entity_category_support: z.array(uri()).default([]),
  metadata_valid: duration(day, 28 * day).default(14 * day),
  key_overlap: duration(0, 366 * day).default(30 * day),
  rotate_every: often().default(0),
});

type Localized = Readonly<Record<string, string>>;

/** What `saml:` means, with what follows from the rest of the file filled in. */
export interface IdentityProvider {
  readonly entityId: string;
  readonly displayName: Localized;
  readonly description: Localized;
  readonly logo: { readonly url: string; readonly width: number; readonly height: number } | undefined;
  readonly informationUrl: Localized;
  readonly privacyUrl: Localized;
  readonly errorUrl: string | undefined;
  /** Behind the @ of what names people of ours to others. */
  readonly scope: string;
  readonly organization:
    | { readonly name: Localized; readonly displayName: Localized; readonly url: Localized }
    | undefined;
  readonly contacts: readonly { readonly type: string; readonly name?: string | undefined; readonly email: string }[];
  readonly assuranceCertification: readonly string[];
  readonly entityCategorySupport: readonly string[];
  /** Seconds. */
  readonly metadataValid: number;
  readonly keyOverlap: number;
  /** 0 is by hand. */
  readonly rotateEvery: number;
}

export function identityProviderOf(
  file: z.output<typeof identityProviderSchema>,
  issuer: string,
  brand: { readonly name: string; readonly help_url?: string | undefined; readonly privacy_url?: string | undefined },
): IdentityProvider {
  const { organization } = file;
  return {
    entityId: file.entity_id ?? `${issuer}/saml/metadata`,
    displayName: file.display_name ?? { en: brand.name },
    description: file.description ?? {},
    logo: file.logo,
    informationUrl: file.information_url ?? {},
    privacyUrl: file.privacy_url ?? (brand.privacy_url ? { en: brand.privacy_url } : {}),
    errorUrl: file.error_url ?? brand.help_url,
    scope: file.scope ?? new URL(issuer).hostname,
    organization: organization && {
      name: organization.name,
      displayName: organization.display_name ?? organization.name,
      url: organization.url,
    },
    contacts: file.contacts,
    assuranceCertification: file.assurance_certification,
    entityCategorySupport: file.entity_category_support,
    metadataValid: file.metadata_valid,
    keyOverlap: file.key_overlap,
    rotateEvery: file.rotate_every,
  };
}
