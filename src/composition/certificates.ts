/** Certificates of requests, as this configuration lets them in. A part of the composition root. */
import type { Config } from '../config.ts';
import { clientCertificates } from '../web/certificates/request.ts';

/** Undefined where none can come. */
export function certificatesFrom(config: Pick<Config, 'clientCertificates' | 'proxies'>, now: () => number) {
  const { clientCertificates: wanted, proxies } = config;
  return wanted && { ...clientCertificates({ ...wanted, proxies, now }), address: wanted.address };
}
