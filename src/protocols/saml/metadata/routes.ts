/**
 * What whoever connects a service provider reads: our metadata, and the same as a page to copy from. Anyone may: nothing
 * on either is secret, and everything on the page stands in the metadata, which is public by its purpose.
 */
import type { Response, Router } from 'express';
import type { Assurance } from '../../../authentication/assurance.ts';
import { commonHeaders } from '../../../web/headers.ts';
import { PageError } from '../../../web/page-error.ts';
import { anyone, routes } from '../../../web/routes.ts';
import type { PublishedKey, SamlKeys } from '../keys/keys.ts';
import type { Pages } from '../pages.ts';
import { contextClasses } from '../sign-on/context.ts';
import { type Entity, endpoint, nameIdFormats } from './metadata.ts';
import { Publication } from './publication.ts';

export interface MetadataParts {
  /** An origin. */
  readonly issuer: string;
  readonly entity: Entity;
  readonly keys: SamlKeys;
  readonly assurance: Assurance;
  readonly pages: Pick<Pages, 'connect'>;
  readonly now: () => number;
}

/** Seconds a proxy may keep the metadata, so that keys changed by force are seen soon. */
const KEPT_SECONDS = 300;

/** Mounts /saml, /saml/metadata and /saml/certificate.pem. */
export function metadataRoutes(app: Router, parts: MetadataParts): void {
  const { issuer, entity, keys, assurance, pages, now } = parts;
  const publication = new Publication(parts);
  const sayable = contextClasses(assurance).filter(({ proves }) => assurance.possible(proves));
  const contexts = sayable.map(({ name }) => name);
  const secure = issuer.startsWith('https:');
  const plain = (res: Response, type: string) => {
    commonHeaders(res, secure);
    res.setHeader('content-type', type);
    // Opened in a browser it is a document on our origin.
    res.setHeader('content-security-policy', "default-src 'none'; sandbox");
  };

  routes(app)
    .get(endpoint.metadata, anyone, (_req, res) => {
      const { bytes, etag } = publication.at(now());
      plain(res, 'application/samlmetadata+xml');
      res.setHeader('cache-control', `public, max-age=${KEPT_SECONDS}`);
      res.setHeader('etag', etag);
      res.send(bytes);
    })
    .get('/saml/certificate.pem', anyone, (req, res) => {
      const { key } = req.query;
      const found = keys.published().find((one) => digits(one) === key);
      if (!found) throw new PageError(404, 'not-found');
      plain(res, 'application/x-pem-file');
      res.setHeader('cache-control', 'no-store');
      res.setHeader('content-disposition', `attachment; filename="${new URL(issuer).hostname}-${found.alg}.pem"`);
      res.send(Buffer.from(pem(found)));
    })
    .get('/saml', anyone, (req, res) => {
      pages.connect(req, res, {
        entityId: entity.entityId,
        metadata: issuer + endpoint.metadata,
        signOn: issuer + endpoint.signOn,
        logout: issuer + endpoint.logout,
        keys: keys.published().map((key) => ({
          ...key,
          pem: pem(key),
          href: `/saml/certificate.pem?key=${digits(key)}`,
        })),
        formats: nameIdFormats,
        contexts,
      });
    });
}

/** The SHA-256 fingerprint without its colons, as addresses and some pages of service providers have it. */
const digits = ({ fingerprint256 }: PublishedKey): string => fingerprint256.replaceAll(':', '');

/** RFC 7468 section 5. */
const pem = ({ certificate }: PublishedKey): string =>
  `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
