/**
 * Clients that show a certificate (RFC 8705): as who they are, or as what their access tokens are bound to. Which
 * certificate a request came with is known to web/; here is what it proves.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type AlternativeName, alsoKnownAs, subjectIs } from '../../../web/certificates/names.ts';
import type { Certificates } from '../../../web/certificates/request.ts';

export interface Shown extends Pick<Certificates, 'of' | 'aside'> {
  /** The origin at which clients show them. */
  readonly address: string;
}

type MTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

const names: Readonly<Record<string, AlternativeName>> = {
  tls_client_auth_san_dns: 'DNS',
  tls_client_auth_san_uri: 'URI',
  tls_client_auth_san_ip: 'IP Address',
  tls_client_auth_san_email: 'email',
};

/** Off is a feature too: a token bound to a certificate stays bound when certificates no longer come. */
export function certificateFeature(shown: Shown | undefined): MTls {
  const of = (ctx: KoaContextWithOIDC) => shown?.of(ctx.req);
  return {
    enabled: shown !== undefined,
    certificateBoundAccessTokens: true,
    tlsClientAuth: true,
    selfSignedTlsClientAuth: true,
    getCertificate: (ctx) => of(ctx)?.certificate,
    certificateAuthorized: (ctx) => of(ctx)?.trusted === true,
    certificateSubjectMatches(ctx, property, expected) {
      const certificate = of(ctx)?.certificate;
      if (!certificate) return false;
      const kind = names[property];
      return kind ? alsoKnownAs(certificate, kind, expected) : subjectIs(certificate, expected);
    },
  };
}

/** `x5t#S256` of the certificate a request came with (RFC 8705 section 3.1). */
export function thumbprintOf(shown: Shown | undefined, req: IncomingMessage): string | undefined {
  const found = shown?.of(req);
  return found && createHash('sha256').update(found.certificate.raw).digest('base64url');
}

export const certificateMethods = (shown: Shown | undefined) =>
  shown ? (['tls_client_auth', 'self_signed_tls_client_auth'] as const) : [];

const aliased = [
  'token_endpoint',
  'pushed_authorization_request_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
  'device_authorization_endpoint',
];
const aliasedPaths = /^\/(token(\/introspection|\/revocation)?|par|me|device_authorization)$/;

/** Whether a path is answered where clients show certificates: nothing a browser goes to. */
export const answersAside = (path: string): boolean => aliasedPaths.test(path);

/** `mtls_endpoint_aliases` (RFC 8705 section 5), where that is another origin than the issuer's. */
export function aliases(body: Record<string, unknown>, issuer: string, shown: Shown | undefined): void {
  if (!shown || shown.address === issuer) return;
  const elsewhere = aliased.flatMap((name) => {
    const url = body[name];
    return typeof url === 'string' ? [[name, url.replace(issuer, shown.address)]] : [];
  });
  body.mtls_endpoint_aliases = Object.fromEntries(elsewhere);
}

/** The origin a request came to: the issuer's, or the one for certificates. A DPoP proof names it (RFC 9449 section 4.3). */
export const originOf = (shown: Shown | undefined, issuer: string, req: IncomingMessage): string =>
  shown?.aside(req) ? shown.address : issuer;

/**
 * The library takes its own address from request headers; a forged Host would get into discovery and redirects. It is
 * the issuer's, or the one for certificates, which is what a DPoP proof of whoever goes there names.
 */
export function believeIssuer(provider: Provider, issuer: string, shown: Shown | undefined): void {
  type Request = { url: string; req: KoaContextWithOIDC['req'] };
  const here = (request: Request) => new URL(originOf(shown, issuer, request.req));
  Object.defineProperties(provider.request, {
    protocol: {
      get(this: Request) {
        return here(this).protocol.slice(0, -1);
      },
    },
    host: {
      get(this: Request) {
        return here(this).host;
      },
    },
    href: {
      get(this: Request) {
        return new URL(this.url.replace(/^https?:\/\/[^/]*/i, ''), here(this).origin).href;
      },
    },
  });
}
