/** Reading an AuthnRequest (saml-core-2.0-os section 3.4.1). Pure: what it says, in our words; nothing is believed yet. */

import {
  bad,
  type Envelope,
  index,
  type NameId,
  nameIdOf,
  optional,
  readEnvelope,
  soleText,
  truth,
} from '../messages/envelope.ts';
import { ns } from '../names.ts';
import { childOf, childrenOf, type XmlElement } from '../xml/element.ts';
import type { Comparison, RequestedContext } from './context.ts';

export interface AuthnRequest extends Envelope {
  readonly force: boolean;
  readonly passive: boolean;
  readonly consumerUrl?: string;
  readonly consumerIndex?: number;
  readonly protocolBinding?: string;
  readonly attributeIndex?: number;
  readonly nameIdPolicy?: {
    readonly format?: string;
    readonly spNameQualifier?: string;
    readonly allowCreate: boolean;
  };
  readonly subject?: NameId;
  readonly context?: RequestedContext;
  /** How many further providers the answer may come through; we are the one who answers, so it is only noted. */
  readonly proxyCount?: number;
}

/** Throws UnreadableXml. */
export function readAuthnRequest(root: XmlElement): AuthnRequest {
  const envelope = readEnvelope(root, 'AuthnRequest');
  const at = root.attributes;
  const policy = childOf(root, ns.protocol, 'NameIDPolicy');
  const subject = subjectOf(root);
  const context = contextOf(root);
  const scoping = childOf(root, ns.protocol, 'Scoping');
  return {
    ...envelope,
    force: truth(at.ForceAuthn, 'ForceAuthn'),
    passive: truth(at.IsPassive, 'IsPassive'),
    ...optional('consumerUrl', at.AssertionConsumerServiceURL),
    ...optional('consumerIndex', index(at.AssertionConsumerServiceIndex)),
    ...optional('protocolBinding', at.ProtocolBinding),
    ...optional('attributeIndex', index(at.AttributeConsumingServiceIndex)),
    ...(policy ? { nameIdPolicy: policyOf(policy) } : {}),
    ...(subject ? { subject } : {}),
    ...(context ? { context } : {}),
    ...optional('proxyCount', index(scoping?.attributes.ProxyCount)),
  };
}

function subjectOf(root: XmlElement): NameId | undefined {
  const subject = childOf(root, ns.assertion, 'Subject');
  if (!subject) return undefined;
  // Whoever asks for somebody and is not understood must not get somebody else.
  const nameId = childOf(subject, ns.assertion, 'NameID') ?? bad('the Subject has no NameID');
  return nameIdOf(nameId);
}

function contextOf(root: XmlElement): RequestedContext | undefined {
  const requested = childOf(root, ns.protocol, 'RequestedAuthnContext');
  if (!requested) return undefined;
  const comparison = requested.attributes.Comparison ?? 'exact';
  if (!['exact', 'minimum', 'maximum', 'better'].includes(comparison)) bad('Comparison is unknown');
  const classes = childrenOf(requested, ns.assertion, 'AuthnContextClassRef').map((one) =>
    soleText(one, 'AuthnContextClassRef'),
  );
  if (requested.children.length === 0) bad('RequestedAuthnContext is empty');
  return { comparison: comparison as Comparison, classes };
}

function policyOf({ attributes }: XmlElement): NonNullable<AuthnRequest['nameIdPolicy']> {
  return {
    ...optional('format', attributes.Format),
    ...optional('spNameQualifier', attributes.SPNameQualifier),
    // Absent means false (section 3.4.1.1), but what is meant by leaving it out is nothing: only an explicit no is a no.
    allowCreate: attributes.AllowCreate === undefined || truth(attributes.AllowCreate, 'AllowCreate'),
  };
}
