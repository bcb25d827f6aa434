/** The engine with everything it asks stood in for: people who prove a method by typing its secret. */
import type { AuditEvent } from '../../src/audit/event.ts';
import { Attempts } from '../../src/authentication/attempts.ts';
import type { Browser } from '../../src/authentication/authentication.ts';
import { Engine } from '../../src/authentication/engine.ts';
import type { Sources } from '../../src/authentication/facts.ts';
import { Prover } from '../../src/authentication/proving.ts';
import { Sessions } from '../../src/authentication/sessions.ts';
import { SignIns } from '../../src/authentication/signins.ts';
import { Trail } from '../../src/authentication/trail.ts';
import { Walking } from '../../src/authentication/walking.ts';
import type { Ask } from '../../src/domain/ask.ts';
import type { Credential, NewCredential } from '../../src/domain/credential.ts';
import type { Method } from '../../src/domain/method.ts';
import type { User } from '../../src/domain/user.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { MemoryKv } from '../../src/state/memory.ts';
import { secretsSealer } from '../../src/state/sealer.ts';

export const person = (id: string): User => ({
  id,
  store: 'local',
  username: id,
  name: id,
  emailVerified: false,
  groups: [],
  claims: {},
  twoStep: false,
  disabled: false,
});

export const credential = (user: string, method: string): Credential => ({
  id: `${user}-${method}`,
  user,
  method,
  label: method,
  secret: `${user}'s ${method}`,
  data: {},
  counter: -1,
  failures: 0,
  disabled: false,
  createdAt: 0,
});

/** Proved by typing the secret itself. */
export const typed = (id: 'password' | 'totp', more: Partial<Method> = {}): Method => ({
  id,
  first: id === 'password',
  guards: id !== 'password',
  worth: [id],
  registers: [],
  classesOf: () => [id],
  challenge: async () => ({ state: '', show: {} }),
  verify: async ({ credentials }, _state, answer) => {
    const found = credentials.find((one) => one.secret === answer.secret);
    return found ? { kind: 'proved', evidence: { class: id, method: id }, credential: found.id } : { kind: 'wrong' };
  },
  ...more,
});

export function browser(id: string): Browser & { session: string | undefined; writes: number } {
  return {
    id,
    session: undefined,
    address: '192.0.2.1',
    agent: 'Firefox',
    languages: [],
    writes: 0,
    bind: () => id,
    keepSession(cookie) {
      this.session = cookie;
      this.writes++;
    },
    dropSession() {
      this.session = undefined;
    },
  };
}

export const plain: Ask = { application: 'app', wants: [], choose: false, passive: false, keeps: true };

export interface Given {
  readonly methods: readonly Method[];
  readonly users: ReadonlyMap<string, User>;
  /** What a person holds now. */
  held(user: string): readonly Credential[];
  readonly application: Sources['application'];
  readonly now: () => number;
  readonly sources?: Partial<Sources>;
}

export function house({ methods, users, held, application, now, sources: more = {} }: Given) {
  const record: AuditEvent[] = [];
  /** What was registered on the way. */
  const added: Credential[] = [];
  const kv = new MemoryKv({ now });
  const recorder = { record: async (event: AuditEvent) => void record.push(event) };
  const sessions = new Sessions(kv, { idle: 3600, absolute: 3600, stay: 3600 }, now);
  const signIns = new SignIns(kv, secretsSealer(['a secret of at least thirty-two characters']));
  const sources: Sources = {
    methods: new Map(methods.map((one) => [one.id, one])),
    begin: ['password'],
    policies: builtInPolicies(),
    enrolment: { first: 'password', window: 86_400_000 },
    application,
    userByName: async (name) => users.get(name),
    userById: async (id) => users.get(id),
    settingOf: () => ({ state: 'allowed', standsIn: true }),
    credentialsOf: async (user) => [...held(user.id), ...added],
    liveCredentials: async (user) => [...held(user), ...added].filter(({ lost }) => !lost).map(({ id }) => id),
    credentialBy: async () => undefined,
    agreedItems: async () => [],
    ...more,
  };
  const engine = new Engine({ sources, sessions, signIns, recorder, kv, now });
  /** Credentials whose try was taken back. */
  const taken: string[] = [];
  const counters = {
    attempt: async () => ({ kind: 'go' as const }),
    succeed: async () => true,
    release: async (id: string) => void taken.push(id),
  };
  const limits = { lockAfter: 10, lockSeconds: 900, disableAfter: 50, addressFailures: 300, addressSeconds: 600 };
  const trail = new Trail(recorder, now);
  const add = async (user: string, one: NewCredential) => {
    added.push({ ...credential(user, one.method), ...one });
    return added.at(-1) as Credential;
  };
  const prover = new Prover({
    sources,
    attempts: new Attempts(kv, counters, limits),
    trail,
    credentials: { claim: add, replace: add, forgetLost: async () => [] },
    preferences: { setPreferred: async () => {} },
    reference: () => 'ABCD-EFGH',
    now,
  });
  /** Who was asked to register a second factor. */
  const asked: string[] = [];
  const walking = new Walking({
    engine,
    prover,
    trail,
    people: { askedToEnrol: async (user) => void asked.push(user) },
    browsers: { remember: async () => {} },
    consents: { agree: async () => {} },
    service: 'Stile',
  });
  engine.register({ name: 'test', resume: ({ id }) => `/back/${id}`, leadsTo: () => [] });
  return { kv, sessions, engine, walking, record, taken, asked };
}
