/** Signing metadata as federations do: by somebody else's code, rightly or wrongly. */
import { SignedXml } from 'xml-crypto';
import { algorithm } from '../../src/protocols/saml/names.ts';
import type { Pair } from './saml-keys.ts';

export interface Signing {
  readonly by: Pair;
  readonly method?: string;
  readonly digest?: string;
  readonly transforms?: readonly string[];
  readonly canonicalization?: string;
  readonly reference?: string;
  readonly wholeDocument?: boolean;
  readonly prefixes?: readonly string[];
  readonly action?: 'prepend' | 'append';
}

/** The document with a signature over its root (whose ID is needed), unless it is said otherwise. */
export function signedMetadata(text: string, signing: Signing): string {
  const { by, reference = '/*', prefixes, transforms } = signing;
  const signer = new SignedXml({
    privateKey: by.pem,
    publicCert: by.certificate,
    signatureAlgorithm: signing.method ?? algorithm.rsaSha256,
    canonicalizationAlgorithm: (signing.canonicalization ??
      algorithm.exclusiveC14n) as 'http://www.w3.org/2001/10/xml-exc-c14n#',
    idAttributes: ['ID'],
    getKeyInfoContent: SignedXml.getKeyInfoContent,
  } as ConstructorParameters<typeof SignedXml>[0]);
  signer.addReference({
    xpath: reference,
    transforms: [...(transforms ?? [algorithm.enveloped, algorithm.exclusiveC14n])],
    digestAlgorithm: signing.digest ?? algorithm.sha256,
    ...(prefixes ? { inclusiveNamespacesPrefixList: [...prefixes] } : {}),
    ...(signing.wholeDocument ? { isEmptyUri: true } : {}),
  });
  signer.computeSignature(text, { location: { reference: '/*', action: signing.action ?? 'prepend' } });
  return signer.getSignedXml();
}
