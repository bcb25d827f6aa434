/** P6: Stile and LemonLDAP::NG, as Debian packages it, at the same OpenID Connect, taking turns. */
import { generateKeyPairSync } from 'node:crypto';
import { CALLBACK } from '../support/rp.ts';
import { type Endpoints, endpointsOf, Machine } from './machine.ts';
import { type Results, result, unmeasured } from './result.ts';
import { startPortal } from './saml/lemonldap.ts';
import { NotInstalled } from './saml/process.ts';
import { startMeasured } from './servers.ts';
import { takeTurns } from './turns.ts';
import { anybody, client, type ours, signIn, Visitor } from './visitor.ts';

const turns = { rounds: 11, roundMs: 700, warmUpMs: 3000 };
/** Enough that neither waits for a disk, and LemonLDAP's four workers not for us. */
const atOnce = 16;

const peer = 'LemonLDAP::NG, uwsgi with 4 workers behind nginx';
const kinds = {
  silent: { goal: 2, of: 'silent flows' },
  cc: { goal: 5, of: 'client_credentials, opaque tokens,' },
  introspection: { goal: 2.5, of: 'introspections' },
};
type Kind = keyof typeof kinds;
const aim = (kind: Kind) =>
  ({
    goal: kinds[kind].goal,
    unit: 'times',
    better: 'higher',
    note: `Stile's ${kinds[kind].of} per second over those of ${peer}`,
  }) as const;

/** A server, everybody who visits it, and the machine beside each. */
interface Side {
  readonly pid: number;
  readonly visitors: readonly Visitor[];
  readonly machines: readonly Machine[];
}

export async function lemonldap(): Promise<Results> {
  const running: { stop(): Promise<void> }[] = [];
  try {
    const portal = await startPortal(connect);
    running.push(portal);
    const stile = await startMeasured();
    running.push(stile);
    const people = Array.from({ length: atOnce }, () => signIn(stile.issuer, anybody()));
    const own: Side = {
      pid: stile.pid,
      visitors: (await Promise.all(people)).map(({ person }) => new Visitor(stile.issuer, person)),
      machines: machines(endpointsOf(stile.issuer)),
    };
    const theirs = await visited(portal);
    const results: Results = {};
    for (const kind of Object.keys(kinds) as Kind[]) {
      const [one, other] = [await working(own, kind), await working(theirs, kind)];
      const seen = await takeTurns(one, other, turns);
      results[`P6.${kind}`] = result(
        seen.map((round) => round.one.perSecond / round.other.perSecond),
        aim(kind),
      );
      results[`P6.${kind}.lemonldap`] = result(
        seen.map((round) => round.other.perSecond),
        { unit: 'a second', better: 'higher' },
      );
    }
    for (const { visitors, machines } of [own, theirs]) for (const one of [...visitors, ...machines]) one.leave();
    return results;
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error;
    const all = Object.keys(kinds) as Kind[];
    return Object.fromEntries(all.map((kind) => [`P6.${kind}`, unmeasured(aim(kind), error.message)]));
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

async function working({ pid, visitors, machines }: Side, kind: Kind) {
  if (kind === 'silent') return { pid, work: visitors.map((visitor) => () => visitor.visit()) };
  if (kind === 'cc') return { pid, work: machines.map((machine) => () => machine.ownToken()) };
  const [visitor] = visitors as [Visitor];
  const token = await visitor.token(await visitor.authorize());
  return { pid, work: machines.map((machine) => () => machine.introspect(token)) };
}

const machines = (endpoints: Endpoints) => Array.from({ length: atOnce }, () => new Machine(endpoints));

async function visited(portal: Awaited<ReturnType<typeof startPortal>>): Promise<Side> {
  const visitors: Visitor[] = [];
  for (let i = 0; i < atOnce; i++) {
    const [name = '', value = ''] = (await portal.signIn()).split('=');
    visitors.push(new Visitor(portal.issuer, { cookies: new Map([[name, value]]) }, paths));
  }
  const { issuer } = portal;
  // It gives a machine no token without a scope.
  const endpoints = { issuer, token: paths.token, introspection: '/oauth2/introspect', scope: 'profile' };
  return { pid: portal.pids()[0] as number, visitors, machines: machines(endpoints) };
}

const paths: typeof ours = { authorize: '/oauth2/authorize', token: '/oauth2/token', userinfo: '/oauth2/userinfo' };

/** OpenID Connect in the words of its configuration: the same client, the same algorithm, no consent to ask for. */
function connect(issuer: string) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const scopes = { profile: 'name preferred_username', email: 'email' };
  return {
    issuerDBOpenIDConnectActivation: 1,
    oidcServiceMetaDataIssuer: issuer,
    oidcServicePrivateKeySig: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    oidcServicePublicKeySig: publicKey.export({ type: 'spki', format: 'pem' }),
    oidcServiceKeyIdSig: 'bench',
    oidcServiceAllowAuthorizationCodeFlow: 1,
    oidcRPMetaDataOptions: {
      bench: {
        oidcRPMetaDataOptionsClientID: client.client_id,
        // It takes the secret as it stands in the header, without undoing the encoding of RFC 6749 section 2.3.1.
        oidcRPMetaDataOptionsClientSecret: client.client_secret.replaceAll(' ', '+'),
        oidcRPMetaDataOptionsRedirectUris: CALLBACK,
        oidcRPMetaDataOptionsBypassConsent: 1,
        oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsAllowClientCredentialsGrant: 1,
        oidcRPMetaDataOptionsRequirePKCE: 1,
        oidcRPMetaDataOptionsUserIDAttr: 'uid',
      },
    },
    oidcRPMetaDataExportedVars: { bench: { name: 'cn', email: 'mail', preferred_username: 'uid' } },
    oidcRPMetaDataOptionsExtraClaims: { bench: scopes },
    oidcRPMetaDataScopeRules: { bench: {} },
  };
}
