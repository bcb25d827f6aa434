/** xmlsec1 as a judge of signatures: what it accepts, strict service providers accept. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ns } from '../../src/protocols/saml/names.ts';

const run = promisify(execFile);

/** What can be signed, by the prefix it is usually written with. */
const spaces = { samlp: ns.protocol, saml: ns.assertion, md: ns.metadata } as const;
type QName = `${keyof typeof spaces}:${string}`;

/** Elements whose ID a Reference may name. */
const signable: readonly QName[] = [
  ...(['samlp:Response', 'samlp:LogoutResponse', 'samlp:AuthnRequest', 'samlp:LogoutRequest'] as const),
  ...(['saml:Assertion', 'md:EntityDescriptor', 'md:EntitiesDescriptor'] as const),
];

const split = (name: QName): [string, string] => {
  const [prefix, local] = name.split(':') as [keyof typeof spaces, string];
  return [spaces[prefix], local];
};

/**
 * Whether the Signature that is a child of the element of this name holds, for the key of this certificate and no other: what KeyInfo
 * says is not looked at. False where it does not hold or there is none.
 */
export async function xmlsecVerifies(xml: string, certificatePem: string, element: QName): Promise<boolean> {
  const { command, env } = JSON.parse(process.env.TEST_XMLSEC!) as { command: string; env: Record<string, string> };
  const folder = mkdtempSync(join(tmpdir(), 'stile-xmlsec-'));
  const [message, certificate] = [join(folder, 'message.xml'), join(folder, 'certificate.pem')];
  writeFileSync(message, xml);
  writeFileSync(certificate, certificatePem);
  const [space, local] = split(element);
  const at = `//*[local-name()='${local}' and namespace-uri()='${space}']/*[local-name()='Signature']`;
  const options = { env: { ...process.env, ...env } };
  try {
    const { stdout: version } = await run(command, ['--version'], options);
    const [, minor] = /^xmlsec1 1\.(\d+)/.exec(version) ?? [];
    await run(
      command,
      [
        '--verify',
        ...['--pubkey-cert-pem', certificate, '--enabled-key-data', 'key-name'],
        // Since 1.3 a key that KeyInfo does not name is only found on demand.
        ...(Number(minor) > 2 ? ['--lax-key-search'] : []),
        ...['--enabled-reference-uris', 'same-doc'],
        ...signable.flatMap((name) => ['--id-attr:ID', split(name).join(':')]),
        ...['--node-xpath', at, message],
      ],
      options,
    );
    return true;
  } catch (error) {
    // A number is its own verdict; anything else means that it did not run.
    if (typeof (error as { code?: unknown }).code === 'number') return false;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
