/** P6: Stile and LemonLDAP::NG, as Debian packages it, at the same OpenID Connect, taking turns. */
import { generateKeyPairSync } from 'node:crypto';
import { CALLBACK } from '../support/rp.ts';
import { type Results, result, unmeasured } from './result.ts';
import { startPortal } from './saml/lemonldap.ts';
import { NotInstalled } from './saml/process.ts';
import { type Running, startMeasured } from './servers.ts';
import { load, prepare } from './silent.ts';
import { client, type ours, Visitor } from './visitor.ts';

const [rounds, roundMs, warmUpMs] = [5, 700, 6000];
/** Enough that neither waits for a disk, and LemonLDAP's four workers not for us. */
const atOnce = 16;

const goals = { silent: 2, cc: 5, introspection: 2.5 };
type Kind = keyof typeof goals;
const kinds = Object.keys(goals) as Kind[];
const notes: Readonly<Record<Kind, string>> = {
  silent: 'silent flows',
  cc: 'client_credentials, opaque tokens,',
  introspection: 'introspections',
};
const aim = (kind: Kind) =>
  ({
    goal: goals[kind],
    unit: 'times',
    better: 'higher',
    note: `Stile's ${notes[kind]} per second over those of LemonLDAP::NG, uwsgi with 4 workers behind nginx`,
  }) as const;

interface Contender {
  readonly pid: number;
  readonly visitors: readonly Visitor[];
  readonly token: string;
}

export async function lemonldap(): Promise<Results> {
  const running: { stop(): Promise<void> }[] = [];
  try {
    const portal = await startPortal(connect);
    running.push(portal);
    const stile = await startMeasured();
    running.push(stile);
    const contenders = [await ready(stile), await signedIn(portal)] as const;
    const flow: Readonly<Record<Kind, (one: Contender) => (visitor: Visitor) => Promise<void>>> = {
      silent: () => (visitor) => visitor.visit(),
      cc: () => (visitor) => visitor.clientCredentials(),
      introspection:
        ({ token }) =>
        (visitor) =>
          visitor.introspect(token),
    };
    const rate = async (one: Contender, kind: Kind, ms: number) => (await load(one, ms, flow[kind](one))).perSecond;
    for (const one of contenders) for (const kind of kinds) await rate(one, kind, warmUpMs / kinds.length);
    const seen = Object.fromEntries(kinds.map((kind) => [kind, [[], []] as [number[], number[]]]));
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        // Whoever goes first pays for the pause in between: they take turns in that too.
        for (const which of round % 2 ? [0, 1] : [1, 0]) {
          seen[kind]?.[which]?.push(await rate(contenders[which] as Contender, kind, roundMs));
        }
      }
    }
    for (const { visitors } of contenders) for (const one of visitors) one.leave();
    return told(seen);
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error;
    return Object.fromEntries(kinds.map((kind) => [`P6.${kind}`, unmeasured(aim(kind), error.message)]));
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}

function told(seen: Readonly<Record<string, [number[], number[]]>>): Results {
  const results: Results = {};
  for (const kind of kinds) {
    const [own, theirs] = seen[kind] as [number[], number[]];
    const rate = { unit: '/s', better: 'higher' } as const;
    results[`P6.${kind}`] = result(
      own.map((one, i) => one / (theirs[i] as number)),
      aim(kind),
    );
    results[`P6.${kind}.stile`] = result(own, rate);
    results[`P6.${kind}.lemonldap`] = result(theirs, rate);
  }
  return results;
}

async function ready(stile: Running): Promise<Contender> {
  const { visitors, pid } = await prepare(stile);
  const some = visitors.slice(0, atOnce);
  for (const one of visitors.slice(atOnce)) one.leave();
  return { pid, visitors: some, token: await tokenOf(some) };
}

async function signedIn(portal: Awaited<ReturnType<typeof startPortal>>): Promise<Contender> {
  const visitors: Visitor[] = [];
  for (let i = 0; i < atOnce; i++) {
    const [name = '', value = ''] = (await portal.signIn()).split('=');
    visitors.push(new Visitor(portal.issuer, { cookies: new Map([[name, value]]) }, paths));
  }
  return { pid: portal.pids()[0] as number, visitors, token: await tokenOf(visitors) };
}

const tokenOf = async ([visitor]: readonly Visitor[]) =>
  (visitor as Visitor).token(await (visitor as Visitor).authorize());

const paths: typeof ours = {
  authorize: '/oauth2/authorize',
  token: '/oauth2/token',
  userinfo: '/oauth2/userinfo',
  introspection: '/oauth2/introspect',
  // It gives no token without one.
  machine: 'profile',
};

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
