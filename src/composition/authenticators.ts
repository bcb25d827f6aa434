/** Passkeys, where they work and which authenticators are let in. A part of the composition root. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { createAuthenticators } from '../methods/webauthn/authenticators.ts';
import { declaredMetadata } from '../methods/webauthn/declared.ts';
import { createWebauthn } from '../methods/webauthn/webauthn.ts';
import { derive } from '../state/sealer.ts';

/** Browsers take that many different names in one list of related origins, all of them (WebAuthn Level 3 section 5.11). */
const NAMES = 5;

/** Where passkeys may be asked for, our own pages first. */
export const originsOf = ({ issuer, methods }: Pick<Config, 'issuer' | 'methods'>): readonly string[] => [
  new URL(issuer).origin,
  ...methods.webauthn.related,
];

/** `now` in milliseconds. Warns of what works and may not be meant. */
export function openWebauthn(
  config: Pick<Config, 'issuer' | 'methods' | 'secrets'>,
  log: Pick<Logger, 'warn'>,
  now: number,
) {
  const { rpId, related: _, metadata: text, metadataRoots, ...rules } = config.methods.webauthn;
  const metadata = declaredMetadata(text, metadataRoots, now);
  if (metadata.nextUpdate !== undefined && metadata.nextUpdate < now)
    log.warn(
      { nextUpdate: new Date(metadata.nextUpdate).toISOString().slice(0, 10) },
      'methods.webauthn.authenticators.metadata_file is out of date: what was withdrawn since is not known here',
    );
  const origins = originsOf(config);
  const names = new Set(origins.map(nameOf));
  if (names.size > NAMES)
    log.warn(
      { names: [...names] },
      `methods.webauthn.origins has more than ${NAMES} names: some browsers leave out the last`,
    );
  const site = { rpId, origins, secrets: config.secrets.map((one) => derive(one, 'webauthn')) };
  return createWebauthn(site, createAuthenticators({ ...rules, metadata }));
}

/** Roughly the part of a host somebody registered, without what it ends in: example of id.example.co.uk. */
function nameOf(origin: string): string {
  const labels = new URL(origin).hostname.split('.');
  const ends = labels.length > 2 && (labels.at(-2)?.length ?? 0) <= 3 && (labels.at(-1)?.length ?? 0) === 2 ? 2 : 1;
  return labels.at(-1 - ends) ?? labels.join('.');
}
