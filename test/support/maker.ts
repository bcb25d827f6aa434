/** Makers of authenticators: what signs for a model, and what FIDO would publish of it. */
import type { Office, Shown } from './certificates.ts';

/** What signs for a model of authenticators: its attestation certificate and whoever issued that. */
export interface Maker {
  readonly aaguid: string;
  readonly leaf: Shown;
  readonly root: Shown;
}

/** `names` is what the certificate says the AAGUID is, the model's own without it. */
export function makerOf(
  office: Office,
  aaguid: string,
  { names = aaguid, root }: { names?: string; root?: Shown } = {},
) {
  const by = root ?? office.authority('/C=SE/O=Northfold/CN=Northfold attestation root');
  const leaf = office.issue('/C=SE/O=Northfold/OU=Authenticator Attestation/CN=Northfold key', {
    by,
    extensions: ['basicConstraints=CA:FALSE', `1.3.6.1.4.1.45724.1.1.4=DER:0410${names.replaceAll('-', '')}`],
  });
  return { aaguid, leaf, root: by };
}

/** A metadata statement as FIDO writes them, for a model of ours. */
export const statementOf = ({ aaguid, root }: Maker, more: Readonly<Record<string, unknown>> = {}) => ({
  description: 'Northfold Key 3',
  aaguid,
  protocolFamily: 'fido2',
  schema: 3,
  authenticationAlgorithms: ['secp256r1_ecdsa_sha256_raw'],
  attestationTypes: ['basic_full'],
  keyProtection: ['hardware', 'secure_element'],
  attestationRootCertificates: [root.der],
  ...more,
});
