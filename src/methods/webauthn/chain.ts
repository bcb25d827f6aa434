import type { X509Certificate } from 'node:crypto';

const valid = (one: X509Certificate, now: number) => Date.parse(one.validFrom) <= now && now <= Date.parse(one.validTo);

const issued = (by: X509Certificate, one: X509Certificate) => one.checkIssued(by) && one.verify(by.publicKey);

/**
 * Whether this path (leaf first) ends at an anchor: at itself where it is one, or at one that issued its last certificate.
 * Each has to be valid at `now` (milliseconds) and each that issues another to be an authority. Nothing is fetched: a
 * certificate names addresses of revocation lists, and whoever sends one would choose what this server asks for.
 */
export function reaches(path: readonly X509Certificate[], anchors: readonly X509Certificate[], now: number): boolean {
  const last = path.at(-1);
  if (!last || path.some((one) => !valid(one, now))) return false;
  const joined = path.every((one, i) => {
    const above = path[i + 1];
    return above === undefined || (above.ca && issued(above, one));
  });
  if (!joined) return false;
  return anchors.some((anchor) => anchor.raw.equals(last.raw) || (valid(anchor, now) && issued(anchor, last)));
}
