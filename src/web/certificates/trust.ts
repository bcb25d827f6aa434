import type { X509Certificate } from 'node:crypto';

/** `now` in milliseconds since the epoch. */
export const inDate = (certificate: X509Certificate, now: number): boolean =>
  Date.parse(certificate.validFrom) <= now && now < Date.parse(certificate.validTo);

const forClients = '1.3.6.1.5.5.7.3.2';

/**
 * Whether one of the authorities has issued this certificate for a client. Proxies pass on the leaf alone, so an
 * authority in between has to be among them itself.
 */
export function vouchedFor(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
  now: number,
): boolean {
  const { keyUsage: purposes } = certificate;
  if (certificate.ca || (purposes && !purposes.includes(forClients))) return false;
  return authorities.some(
    (one) => one.ca && inDate(one, now) && certificate.checkIssued(one) && certificate.verify(one.publicKey),
  );
}
