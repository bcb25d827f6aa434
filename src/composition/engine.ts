/** The engine put together: where it reads, what it keeps, how it walks people. A part of the composition root. */
import { accountAsker } from '../account/account.ts';
import type { Recorder } from '../audit/event.ts';
import { Attempts } from '../authentication/attempts.ts';
import { Engine } from '../authentication/engine.ts';
import type { Sources } from '../authentication/facts.ts';
import { Leaving } from '../authentication/leaving.ts';
import { Prover } from '../authentication/proving.ts';
import { Sessions } from '../authentication/sessions.ts';
import { SignIns } from '../authentication/signins.ts';
import { Trail } from '../authentication/trail.ts';
import { Walking } from '../authentication/walking.ts';
import type { Config } from '../config.ts';
import type { IdentityStore } from '../directory/store.ts';
import type { Method } from '../domain/method.ts';
import { builtInPolicies } from '../policy/built-in.ts';
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
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function openEngine(config: Pick<Config, 'brand' | 'enrolment' | 'limits' | 'session'>, parts: EngineParts) {
  const { methods, local, users, credentials, consents, browsers, application, kv, sealer, recorder, now } = parts;
  const sessions = new Sessions(kv, config.session, now);
  const signIns = new SignIns(kv, sealer);
  const sources: Sources = {
    methods,
    policies: builtInPolicies,
    enrolmentFirst: config.enrolment.first,
    application,
    userByName: (name) => local.find(name),
    userById: (id) => users.byId(id),
    credentialsOf: (user, browser) => credentials.of(user, browser),
    agreedItems: (user, id) => consents.agreed(user, id),
  };
  const engine = new Engine({ sources, sessions, signIns, recorder, kv, now });
  const leaving = new Leaving(sessions, () => engine.askers);
  const attempts = new Attempts(kv, credentials, config.limits);
  const trail = new Trail(recorder, now);
  const prover = new Prover({ sources, attempts, trail, credentials, reference, now });
  const walking = new Walking({ engine, prover, trail, browsers, consents, service: config.brand.name });
  engine.register(accountAsker);
  return { engine, sessions, leaving, trail, walking };
}
