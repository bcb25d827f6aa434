/**
 * The administration room. Here: what the configuration declares, applied to the store at every start, by as many nodes
 * as start at once. Owns what a declaration means: fields are kept as the file has them, a password and methods seed a
 * new person only, what is no longer declared is disabled, what arrived another way is left alone. Asks the store and the
 * methods; must not know how a secret is hashed or sealed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Recorder } from '../audit/event.ts';
import type { Config, ConfiguredUser } from '../config.ts';
import type { NewCredential } from '../domain/credential.ts';
import type { User } from '../domain/user.ts';
import type { Password } from '../methods/password/password.ts';
import type { Totp } from '../methods/totp/totp.ts';
import type { Applications } from '../store/applications.ts';
import type { Credentials } from '../store/credentials.ts';
import { type NewUser, Users } from '../store/users.ts';

type Knex = ConstructorParameters<typeof Users>[0];

export interface Applying {
  readonly config: Pick<Config, 'demo' | 'applications' | 'users'>;
  readonly users: Users;
  readonly credentials: Credentials;
  readonly applications: Applications;
  readonly password: Pick<Password, 'declare' | 'adopt'>;
  readonly totp: Pick<Totp, 'adopt'>;
  readonly knex: Knex;
  readonly log: { warn(about: object, words: string): void };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What became of a person declared. */
type Fate = { kind: 'same' | 'changed' | 'added'; id: string } | { kind: 'foreign' };

/** Where declared things say they come from. */
export const source = 'file';
/** Passwords are hashed a few at a time: more would only wait in the pool, which turns away a crowd. */
const together = 32;

/** At a start. One audit event when something changed. Returns the ids of those it disabled, whose sessions have to end. */
export async function applyDeclared(parts: Applying & { readonly recorder: Recorder }): Promise<readonly string[]> {
  const { changed, detail } = await apply(parts);
  if (changed) await parts.recorder.record({ type: 'configuration.applied', at: parts.now(), detail });
  return detail.users.disabled;
}

/** What applying did, by ids. */
export interface Applied {
  readonly changed: boolean;
  readonly detail: {
    readonly users: Readonly<Record<'added' | 'changed' | 'disabled', readonly string[]>>;
    readonly applications: { readonly disabled: readonly string[] };
  };
}

/** Applies the file; doing it again, or on two nodes at once, is doing it once. */
export async function apply(parts: Applying): Promise<Applied> {
  const { config, users, applications, log, now } = parts;

  const revision = await applications.revision();
  const foreign = await applications.declare(config.applications, source);
  const declared = config.applications.map(({ id }) => id);
  const applicationsGone = await applications.disableMissing(source, declared, now());
  const applicationsChanged = (await applications.revision()) !== revision;

  const fates: Fate[] = [];
  for (let i = 0; i < config.users.length; i += together) {
    fates.push(...(await Promise.all(config.users.slice(i, i + together).map((person) => declare(parts, person)))));
  }
  const ids = (kind: Fate['kind']) => fates.flatMap((fate) => (fate.kind === kind && 'id' in fate ? [fate.id] : []));
  const kept = fates.flatMap((fate) => ('id' in fate ? [fate.id] : []));
  const usersGone = await users.disableMissing(source, kept, now());

  for (const id of foreign) log.warn({ application: id }, 'declared, but here from elsewhere: left alone');
  const [added, changed] = [ids('added'), ids('changed')];
  const detail = { users: { added, changed, disabled: usersGone }, applications: { disabled: applicationsGone } };
  return { changed: applicationsChanged || added.length + changed.length + usersGone.length > 0, detail };
}

async function declare(parts: Applying, person: ConfiguredUser): Promise<Fate> {
  const known = await named(parts.users, person);
  if (known) return keep(parts, known, person);
  const seeds = await seedsOf(parts, person);
  const added = await parts.knex.transaction(async (trx) => {
    const user = await new Users(trx).insert(fieldsOf(person));
    if (!user) return undefined;
    const credentials = parts.credentials.within(trx);
    for (const seed of seeds) await credentials.add(user.id, seed, parts.now());
    if (person.totp) await new Users(trx).setPreferred(user.id, 'totp');
    return user;
  });
  if (added) return { kind: 'added', id: added.id };
  // Another node was quicker by a moment, with the same file or another.
  const theirs = await named(parts.users, person);
  if (!theirs) throw new Error(`${person.username} could neither be added nor found`);
  return keep(parts, theirs, person);
}

async function keep(parts: Applying, known: User, person: ConfiguredUser): Promise<Fate> {
  const held = known.disabled && (await parts.users.isHeld(known.id));
  if (held) parts.log.warn({ username: person.username }, 'declared, but disabled by hand: stays disabled');
  const allowed = held || !known.disabled;
  if (allowed && isDeepStrictEqual(visible(known), visible(person))) return { kind: 'same', id: known.id };
  if (await parts.users.updateDeclared(known.id, fieldsOf(person))) return { kind: 'changed', id: known.id };
  parts.log.warn({ username: person.username }, 'declared, but here from elsewhere: left alone');
  return { kind: 'foreign' };
}

const named = (users: Users, { store, username }: ConfiguredUser): Promise<User | undefined> =>
  users.byUsername(store, username);

/** What a new person starts with; from then on it is theirs. */
async function seedsOf({ config, password, totp, log }: Applying, person: ConfiguredUser): Promise<NewCredential[]> {
  const seeds: NewCredential[] = [];
  if (person.password !== undefined) {
    const { credential, broken } = await password.declare(person, person.password);
    seeds.push(credential);
    if (broken && !config.demo) {
      log.warn(
        { username: person.username, rule: broken },
        'the declared password is not one they could choose themselves',
      );
    }
  } else if (person.passwordHash !== undefined) seeds.push(password.adopt(person.passwordHash));
  if (person.totp) seeds.push(totp.adopt(person.totp));
  return seeds;
}

const fieldsOf = (person: ConfiguredUser): NewUser => ({
  store: person.store,
  username: person.username,
  name: person.name,
  ...(person.email === undefined ? {} : { email: person.email }),
  emailVerified: person.emailVerified,
  groups: person.groups,
  claims: person.claims,
  source,
});

/** What the file has a say in, as the store gives it back. */
export const visible = ({ username, name, email, emailVerified, groups, claims }: User | ConfiguredUser) =>
  JSON.parse(JSON.stringify({ username, name, email, emailVerified, groups, claims }));
