import { createSecureContext } from 'node:tls';
import { certificatesOf } from '../web/certificates/request.ts';
import type { Contents } from './files.ts';
import { type Problem, problem } from './problems.ts';
import { parsed, section, text, whole } from './words.ts';

/** `tls:` serving https ourselves, and the certificates that applications show, to us or to a proxy of ours. */

export const tlsSchema = section({
  cert_file: text().optional(),
  key_file: text().optional(),
  client_port: whole(1, 65_535).optional(),
  client_ca_file: text().optional(),
  client_certificate_header: text(64)
    .refine((value) => /^[A-Za-z0-9-]+$/u.test(value), 'has to be the name of a header: letters, digits and hyphens')
    .optional(),
  client_address: text(2048)
    .refine(
      (value) => parsed(value)?.protocol === 'https:' && parsed(value)?.origin === value,
      'has to be an origin like https://mtls.example.com',
    )
    .optional(),
});

/** How certificates of applications reach us. */
export interface ClientCertificates {
  readonly port: number | undefined;
  /** Lower case. */
  readonly header: string | undefined;
  /** PEM. */
  readonly authorities: string | undefined;
  /** An origin. */
  readonly address: string;
}

type Group = Readonly<Record<string, unknown>>;

/** What is wrong between the keys of `tls:`; `proxies` as it stands in the file. */
export function tlsProblems(tls: unknown, proxies: unknown, issuer: string | undefined): Problem[] {
  if (typeof tls !== 'object' || tls === null) return [];
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem(['tls', key], words));
  const given = (key: string) => (tls as Group)[key] !== undefined;
  const ways = ['client_port', 'client_certificate_header'];
  if (given('cert_file') !== given('key_file'))
    wrong(
      given('cert_file') ? 'key_file' : 'cert_file',
      `is missing beside ${given('cert_file') ? 'cert_file' : 'key_file'}`,
    );
  if (!given('cert_file') && !given('key_file') && !given('client_certificate_header'))
    wrong('cert_file', 'is missing: it holds the certificate we serve https with');
  if (given('cert_file') && issuer && parsed(issuer)?.protocol === 'http:')
    found.push(problem(['tls'], 'is set while ISSUER is http: set ISSUER to the https address'));
  if (given('client_port') && !given('cert_file')) wrong('client_port', 'needs cert_file and key_file');
  if (given('client_certificate_header') && !(Array.isArray(proxies) && proxies.length > 0))
    wrong('client_certificate_header', 'is believed from proxies only: list yours under proxies');
  for (const key of ['client_ca_file', 'client_address'])
    if (given(key) && !ways.some(given)) wrong(key, `needs ${ways.join(' or ')}: no certificate would ever come`);
  return found;
}

/** What is wrong with the files. */
export function pemProblems(contents: Contents): Problem[] {
  const found: Problem[] = [];
  const [cert, key, ca] = ['cert_file', 'key_file', 'client_ca_file'].map((name) => contents.get(`tls.${name}`));
  try {
    if (cert && key) createSecureContext({ cert, key });
  } catch (error) {
    const wrong = `hold no certificate and key that belong together, in PEM (${(error as Error).message})`;
    found.push({ at: 'tls: cert_file and key_file', wrong, path: ['tls'] });
  }
  if (ca && !authorities(ca))
    found.push(problem(['tls', 'client_ca_file'], 'holds no certificates of authorities, in PEM'));
  return found;
}

function authorities(pem: string): boolean {
  try {
    const found = certificatesOf(pem);
    return found.length > 0 && found.every((one) => one.ca);
  } catch {
    return false;
  }
}

export function clientCertificatesOf(
  tls:
    | {
        client_port?: number | undefined;
        client_certificate_header?: string | undefined;
        client_address?: string | undefined;
      }
    | undefined,
  contents: Contents,
  issuer: string,
): ClientCertificates | undefined {
  const { client_port: port, client_certificate_header: header, client_address: address } = tls ?? {};
  if (port === undefined && header === undefined) return undefined;
  const aside = new URL(issuer);
  if (port !== undefined) aside.port = String(port);
  return {
    port,
    header: header?.toLowerCase(),
    authorities: contents.get('tls.client_ca_file'),
    address: address ?? aside.origin,
  };
}
