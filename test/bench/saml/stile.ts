/** Stile as the bench has it, with a service provider beside the OIDC client people sign in with: one session serves both. */
import { PASSWORD, settings } from '../../support/rp.ts';
import { startStile } from '../../support/stile.ts';
import { client, signIn } from '../visitor.ts';
import { metadata } from './party.ts';
import type { IdentityProvider } from './visitor.ts';

export async function startOurs(more: object = {}): Promise<IdentityProvider> {
  const config = settings({
    applications: [
      { id: 'bench', name: 'Bench', oidc: client },
      { id: 'sp', name: 'Payroll', saml: { metadata: metadata() } },
    ],
    // As the other servers know somebody: by a user name, a name and an address.
    users: [{ username: 'lin', name: 'Lin', email: 'lin@northfold.example', email_verified: true, password: PASSWORD }],
    ...more,
  });
  const stile = await startStile({ config });
  const entityId = `${stile.issuer}/saml/metadata`;
  const published = await (await fetch(entityId)).text();
  const base64 = /<ds:X509Certificate>([^<]+)</.exec(published)?.[1] as string;
  return {
    sso: `${stile.issuer}/saml/sso`,
    entityId,
    certificate: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    pids: () => [stile.pid],
    stop: () => stile.stop(),
    async signIn() {
      const { person } = await signIn(stile.issuer, 'lin');
      return [...person.cookies].map((pair) => pair.join('=')).join('; ');
    },
  };
}
