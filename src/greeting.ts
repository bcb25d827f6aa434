import type { Config } from './config.ts';

/** What `npm start` says when it listens: where to go and as whom, in at most ten lines. */
export function greeting({ demo, issuer, users }: Config): string {
  if (!demo) return `Stile is running at ${issuer}\nDiscovery: ${issuer}/.well-known/openid-configuration`;
  const names = users.map((user) => `${user.username} (${user.totp ? 'authenticator app' : 'password only'})`);
  return [
    '',
    `Stile is running: ${issuer}`,
    '',
    '  This is the demo. Open the address above, then Wiki or Payroll, and sign in:',
    `  people    ${names.join(', ')}`,
    '  password  over-the-wall',
    '',
    `  Your account: ${issuer}/account   Stop with Ctrl+C.`,
  ].join('\n');
}
