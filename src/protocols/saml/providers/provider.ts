import type { KeyObject } from 'node:crypto';

/** Where a service provider takes messages (saml-metadata-2.0-os section 2.2.2). */
export interface Endpoint {
  readonly binding: string;
  readonly location: string;
  /** Where answers go, when elsewhere than `location`. */
  readonly responseLocation?: string;
}

export interface IndexedEndpoint extends Endpoint {
  readonly index: number;
  /** Exactly one is, whatever the document says. */
  readonly isDefault?: boolean;
}

/** A key assertions may be encrypted to, and what its owner says it can decrypt (empty: it does not say). */
export interface EncryptionKey {
  readonly key: KeyObject;
  readonly methods: readonly string[];
}

/** An AttributeConsumingService (section 2.4.4.1): what the service provider wants to know. */
export interface AttributeService {
  readonly index: number;
  /** Their names. */
  readonly attributes: readonly string[];
}

/** What one SPSSODescriptor says, checked: what is missing or not ours to speak with is not in it. */
export interface ServiceProvider {
  readonly entityId: string;
  /** By language, from mdui. */
  readonly displayNames: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; after it nothing is answered. */
  readonly validUntil?: number;
  /** HTTP-POST only: assertions go nowhere else. */
  readonly assertionConsumers: readonly IndexedEndpoint[];
  /** HTTP-Redirect and HTTP-POST. */
  readonly logout: readonly Endpoint[];
  /** Keys for signing or without use; several while they are rolled over. */
  readonly signingKeys: readonly KeyObject[];
  readonly encryptionKeys: readonly EncryptionKey[];
  readonly authnRequestsSigned: boolean;
  readonly nameIdFormats: readonly string[];
  readonly attributeServices: readonly AttributeService[];
  /** Entity attributes by name (mdattr), `urn:oasis:names:tc:SAML:profiles:subject-id:req` among them. */
  readonly entityAttributes: Readonly<Record<string, readonly string[]>>;
}
