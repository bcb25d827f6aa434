/** Metadata as service providers write it. */
import { binding, ns } from '../../src/protocols/saml/names.ts';
import type { Pair } from './saml-keys.ts';
import { element } from './saml-messages.ts';

export interface Service {
  readonly binding?: string;
  readonly location: string;
  readonly responseLocation?: string;
  readonly index?: number;
  readonly isDefault?: boolean;
}

export interface Metadata {
  readonly entityId: string;
  readonly consumers: readonly Service[];
  readonly logout?: readonly Service[];
  readonly signing?: readonly Pair[];
  readonly encryption?: readonly Pair[];
  /** Algorithms the encryption keys say they understand. */
  readonly methods?: readonly string[];
  /** Keys without a use: for both. */
  readonly keys?: readonly Pair[];
  readonly authnRequestsSigned?: boolean;
  readonly nameIdFormats?: readonly string[];
  readonly validUntil?: Date;
  /** AttributeConsumingServices: the names they ask for, by index. */
  readonly attributes?: Readonly<Record<number, readonly string[]>>;
}

/** An EntityDescriptor (saml-metadata-2.0-os section 2.4.4). */
export function metadataOf(sp: Metadata): string {
  const key = (use: string | undefined, methods: readonly string[]) => (one: Pair) =>
    element(
      'md:KeyDescriptor',
      { use },
      `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${one.base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
      ...methods.map((name) => element('md:EncryptionMethod', { Algorithm: name })),
    );
  const service = (name: string) => (one: Service, i: number) =>
    element(name, {
      Binding: one.binding ?? binding.post,
      Location: one.location,
      ResponseLocation: one.responseLocation,
      ...(name === 'md:AssertionConsumerService' ? { index: one.index ?? i, isDefault: one.isDefault } : {}),
    });
  const wanted = Object.entries(sp.attributes ?? {}).map(([index, names]) =>
    element(
      'md:AttributeConsumingService',
      { index },
      '<md:ServiceName xml:lang="en">Payroll</md:ServiceName>',
      ...names.map((name) => element('md:RequestedAttribute', { Name: name })),
    ),
  );
  return element(
    'md:EntityDescriptor',
    {
      'xmlns:md': ns.metadata,
      'xmlns:ds': ns.signature,
      entityID: sp.entityId,
      validUntil: sp.validUntil?.toISOString(),
    },
    element(
      'md:SPSSODescriptor',
      { protocolSupportEnumeration: ns.protocol, AuthnRequestsSigned: sp.authnRequestsSigned },
      ...(sp.signing ?? []).map(key('signing', [])),
      ...(sp.encryption ?? []).map(key('encryption', sp.methods ?? [])),
      ...(sp.keys ?? []).map(key(undefined, sp.methods ?? [])),
      ...(sp.logout ?? []).map(service('md:SingleLogoutService')),
      ...(sp.nameIdFormats ?? []).map((format) => element('md:NameIDFormat', {}, format)),
      ...sp.consumers.map(service('md:AssertionConsumerService')),
      ...wanted,
    ),
  );
}
