/**
 * The certificate a request came with, from our own TLS port or from one of our proxies. Owns what may be believed of it:
 * a header is what anyone can write, so it is taken from `proxies:` alone, and away from every request before anything
 * else reads it. What a certificate is worth is its reader's to say. Works on plain node requests.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { clientAddress, fromProxy } from '../client-address.ts';
import { certificateIn } from './header.ts';
import { inDate, vouchedFor } from './trust.ts';

export interface RequestCertificate {
  readonly certificate: X509Certificate;
  /** Whether one of the authorities in `tls.client_ca_file` vouches for it. Without: somebody holds its key, and that is all. */
  readonly trusted: boolean;
}

/** The certificate of a request; undefined where there is none, or none that is valid today. */
export type CertificateOf = (req: IncomingMessage) => RequestCertificate | undefined;

export interface CertificateOptions {
  /** Our own port that asks for certificates. */
  readonly port: number | undefined;
  /** Lower case; what proxies put a certificate into. */
  readonly header: string | undefined;
  /** PEM. */
  readonly authorities: string | undefined;
  /** The origin under which requests with certificates reach us. */
  readonly address: string;
  /** CIDRs. */
  readonly proxies: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface Certificates {
  /** The first to see a request: takes the header off it. */
  receive(req: IncomingMessage): void;
  readonly of: CertificateOf;
  /** Whether a request came by `address`, on a port or by a name of its own. */
  aside(req: IncomingMessage): boolean;
}

export function clientCertificates(options: CertificateOptions): Certificates {
  const { port, header, now } = options;
  const sent = new WeakMap<IncomingMessage, RequestCertificate>();
  const authorities = certificatesOf(options.authorities ?? '');
  const ours = fromProxy(options.proxies);
  const client = clientAddress(options.proxies);
  const host = new URL(options.address).host;
  const onPort = (req: IncomingMessage) => port !== undefined && req.socket.localPort === port;

  return {
    receive(req) {
      if (!header || req.headers[header] === undefined) return;
      const value = req.headers[header];
      drop(req, header);
      if (!ours(req)) return;
      const certificate = certificateIn(value);
      if (certificate) sent.set(req, { certificate, trusted: vouchedFor(certificate, authorities, now()) });
    },
    of(req) {
      const found =
        sent.get(req) ?? (onPort(req) ? ofSocket(req.socket as TLSSocket, authorities.length > 0) : undefined);
      return found && inDate(found.certificate, now()) ? found : undefined;
    },
    aside: (req) => onPort(req) || (header !== undefined && ours(req) && client(req).host === host),
  };
}

/** TLS has asked without refusing anybody; its verdict is kept for whoever demands an authority. */
function ofSocket(socket: TLSSocket, judged: boolean): RequestCertificate | undefined {
  const { raw } = socket.getPeerCertificate?.() ?? {};
  return raw && { certificate: new X509Certificate(raw), trusted: judged && socket.authorized };
}

function drop(req: IncomingMessage, header: string): void {
  delete req.headers[header];
  for (let i = req.rawHeaders.length - 2; i >= 0; i -= 2)
    if (req.rawHeaders[i]?.toLowerCase() === header) req.rawHeaders.splice(i, 2);
}

/** Every certificate in a PEM text. Throws when one cannot be read. */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}
