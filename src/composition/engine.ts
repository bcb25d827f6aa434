/** The engine put together: where it reads, what it keeps, how it walks people. A part of the composition root. */
import { accountAsker } from '../account/account.ts';
import type { Recorder } from '../audit/event.ts';
import { Attempts } from '../authentication/attempts.ts';
import { Engine } from '../authentication/engine.ts';
import type { Sources } from '../authentication/facts.ts';
import { Leaving } from '../authentication/leaving.ts';
import type { Notices } from '../authentication/notices.ts';
import { Prover } from '../authentication/proving.ts';
import { Sessions } from '../authentication/sessions.ts';
import { SignIns } from '../authentication/signins.ts';
import { Trail } from '../authentication/trail.ts';
import { Walking } from '../authentication/walking.ts';
import type { Config } from '../config.ts';
import type { IdentityStore } from '../directory/store.ts';
import type { Method } from '../domain/method.ts';
import type { User } from '../domain/user.ts';
import { builtInPolicies } from '../policy/built-in.ts';
import { requiredOf, scopedSettings, settingOf } from '../policy/method-settings.ts';
import type { Kv } from '../state/kv.ts';
import { reference } from '../web/reference.ts';
import type { openStores } from './stores.ts';

type Stores = Awaited<ReturnType<typeof openStores>>;

export interface EngineParts
  extends Pick<Stores, 'users' | 'credentials' | 'consents' | 'browsers' | 'sealer'>,
    Pick<Sources, 'application'> {
  readonly methods: ReadonlyMap<string, Method>;
  readonly local: IdentityStore;
  /** Memoised for the length of a request. */
  readonly kv: Kv;
  readonly recorder: Recorder;
  readonly notices?: Notices | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function openEngine(
  config: Pick<Config, 'brand' | 'enrolment' | 'groups' | 'limits' | 'methods' | 'session' | 'stores'>,
  parts: EngineParts,
) {
  const { methods, local, users, credentials, consents, browsers, application, kv, sealer, recorder, notices, now } =
    parts;
  const sessions = new Sessions(kv, config.session, now);
  const signIns = new SignIns(kv, sealer);
  const settings = scopedSettings(config);
  const sources: Sources = {
    methods,
    // What is off for everybody is on no page.
    begin: config.methods.begin.filter(
      (id) => methods.get(id)?.first && config.stores.some((store) => store.methods[id]?.state !== 'off'),
    ),
    policies: builtInPolicies(requiredOf(settings, methods)),
    enrolment: { first: config.enrolment.first, window: config.enrolment.window * 1000 },
    application,
    userByName: (name) => local.find(name),
    userById: (id) => users.byId(id),
    settingOf: (user, method) => settingOf(settings, user, method),
    credentialsOf: (user, browser) => withImplied(methods, credentials, user, browser, now()),
    liveCredentials: async (user) => (await credentials.of(user)).filter(({ lost }) => !lost).map(({ id }) => id),
    credentialBy: (method, lookup) => credentials.byLookup(method, lookup),
    agreedItems: (user, id) => consents.agreed(user, id),
  };
  const engine = new Engine({ sources, sessions, signIns, recorder, kv, now });
  const leaving = new Leaving(sessions, () => engine.askers);
  const attempts = new Attempts(kv, credentials, config.limits);
  const trail = new Trail(recorder, now);
  const prover = new Prover({ sources, attempts, trail, credentials, preferences: users, notices, reference, now });
  const walking = new Walking({ engine, prover, trail, people: users, browsers, consents, service: config.brand.name });
  engine.register(accountAsker);
  return { engine, sessions, leaving, trail, walking };
}

/**
 * A person's credentials, with those that an address gives without being registered; without those it no longer gives.
 * One is written when it is first needed, since failures are counted on its row.
 */
async function withImplied(
  methods: ReadonlyMap<string, Method>,
  credentials: Stores['credentials'],
  user: User,
  browser: string | undefined,
  now: number,
) {
  const rows = await credentials.of(user.id, browser);
  const implied = [...methods.values()].flatMap((method) =>
    method.implied ? [[method.id, method.implied(user)] as const] : [],
  );
  const missing = implied.flatMap(([id, one]) => (one && !rows.some(({ method }) => method === id) ? [one] : []));
  for (const one of missing) await credentials.claim(user.id, one, now);
  const kept = missing.length > 0 ? await credentials.of(user.id, browser) : rows;
  return kept.filter(({ method }) => implied.every(([id, one]) => id !== method || one));
}
