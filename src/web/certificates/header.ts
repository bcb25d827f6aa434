import { X509Certificate } from 'node:crypto';

/** DER of a leaf certificate is one or two kilobytes; with many names, some more. */
const largest = 8 * 1024;

/**
 * The one certificate of a header: PEM with its line breaks escaped (nginx's ssl_client_escaped_cert, Traefik) or made
 * spaces (Apache), bare base64 of DER (HAProxy), or the same between colons (RFC 9440). Anything else, more than one
 * certificate, or bytes behind it, is none.
 */
export function certificateIn(value: string | string[] | undefined): X509Certificate | undefined {
  if (typeof value !== 'string' || value.length > largest * 3) return undefined;
  try {
    const text = value.includes('%') ? decodeURIComponent(value) : value;
    const body = /^\s*(?:-----BEGIN CERTIFICATE-----)?([^-]+)(?:-----END CERTIFICATE-----)?\s*$/u.exec(text)?.[1];
    const base64 = body?.replace(/\s+/gu, '').replace(/^:(.*):$/u, '$1');
    if (!base64 || !/^[A-Za-z0-9+/]+={0,2}$/u.test(base64)) return undefined;
    const der = Buffer.from(base64, 'base64');
    if (der.length > largest) return undefined;
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? certificate : undefined;
  } catch {
    return undefined;
  }
}
