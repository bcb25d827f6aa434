import { certificateProblems } from './client-certificates.ts';
import { clientProblems } from './client-problems.ts';
import { keysProblems } from './keys.ts';
import { mailProblems } from './mail.ts';
import { methodProblems } from './method-problems.ts';
import { type Problem, problem } from './problems.ts';
import { resourceProblems } from './resource.ts';
import { federationProblems, samlProblems } from './saml.ts';
import { tlsProblems } from './tls.ts';
import { seconds } from './words.ts';

type Group = Readonly<Record<string, unknown>>;

const group = (value: unknown): Group => (typeof value === 'object' && value !== null ? (value as Group) : {});
const list = (value: unknown): Group[] => (Array.isArray(value) ? value.map(group) : []);

/**
 * What is wrong between the keys. It reads the file as it stands, whatever the schema found in it, so that these problems
 * are listed together with those.
 */
export function between(file: Group, names: readonly string[], issuer: string | undefined): Problem[] {
  return [
    ...applicationProblems(list(file.applications), names),
    ...certificateProblems(list(file.applications), group(file.tls)),
    ...twice(list(file.resources), (one) => one.resource, ['resources'], 'resource'),
    ...resourceProblems(file, names, issuer),
    ...twice(list(file.federations), (one) => one.id, ['federations'], 'id'),
    ...list(file.federations).flatMap((one, i) => federationProblems(one, ['federations', i], names)),
    ...userProblems(list(file.users)),
    ...twice(list(file.stores), (one) => one.id, ['stores'], 'id'),
    ...twice(list(file.groups), (one) => one.name, ['groups'], 'name'),
    ...methodProblems(file),
    ...orderProblems(group(file.limits), group(file.session)),
    ...metricsProblems(file.metrics),
    ...mailProblems(file.mail),
    ...tlsProblems(file.tls, file.proxies, issuer),
    ...keysProblems(group(file.keys), group(file.saml)),
  ];
}

function applicationProblems(applications: Group[], names: readonly string[]): Problem[] {
  const found = [
    ...twice(applications, (one) => one.id, ['applications'], 'id'),
    ...twice(applications, (one) => group(one.oidc).client_id, ['applications'], 'oidc', 'client_id'),
  ];
  applications.forEach((one, i) => {
    const path = ['applications', i];
    if (one.oidc !== undefined && one.saml !== undefined)
      found.push(problem([...path, 'saml'], 'stands beside oidc: an application signs people in one way'));
    else if (one.oidc === undefined && one.saml === undefined)
      found.push(
        problem([...path, 'oidc'], 'is missing, and so is saml: one says how the application signs people in'),
      );
    const grants = group(one.oidc).grant_types;
    if (one.role !== undefined && !(Array.isArray(grants) && grants.includes('client_credentials')))
      found.push(problem([...path, 'role'], 'is for automation: it needs oidc with client_credentials in grant_types'));
    if (one.saml !== undefined && one.saml !== null)
      found.push(...samlProblems(group(one.saml), [...path, 'saml'], names));
    if (one.oidc !== undefined && one.oidc !== null)
      found.push(...clientProblems(group(one.oidc), [...path, 'oidc'], names));
  });
  return found;
}

function userProblems(users: Group[]): Problem[] {
  // The store compares names like this too: Ana and ana are one person.
  const name = (one: Group) =>
    typeof one.username === 'string' ? one.username.normalize('NFKC').toLowerCase() : undefined;
  const found = twice(users, name, ['users'], 'username');
  users.forEach((one, i) => {
    const given = ['password', 'password_file', 'password_hash'].filter((key) => one[key] !== undefined);
    for (const key of given.slice(1)) found.push(problem(['users', i, key], `stands beside ${given[0]}: keep one`));
  });
  return found;
}

function orderProblems(limits: Group, session: Group): Problem[] {
  const found: Problem[] = [];
  const { lock_after: lock = 10, disable_after: disable = 50 } = limits;
  if (typeof lock === 'number' && typeof disable === 'number' && disable < lock)
    found.push(problem(['limits', 'disable_after'], `is ${disable}, and has to be at least lock_after (${lock})`));
  const [absolute, idle] = [seconds(session.absolute ?? '8h'), seconds(session.idle)];
  if (absolute !== undefined && idle !== undefined && idle > absolute)
    found.push(problem(['session', 'idle'], `is longer than absolute, which is ${absolute} seconds`));
  return found;
}

function metricsProblems(metrics: unknown): Problem[] {
  if (metrics === undefined) return [];
  const given = ['port', 'token', 'token_file'].filter((key) => group(metrics)[key] !== undefined);
  if (given.length === 1) return [];
  return [problem(['metrics'], 'has to have exactly one of port, token and token_file')];
}

/** Every one that says what an earlier one said already. */
function twice(all: Group[], said: (one: Group) => unknown, at: PropertyKey[], ...key: string[]): Problem[] {
  const first = new Map<unknown, number>();
  return all.flatMap((one, i) => {
    const value = said(one);
    if (typeof value !== 'string') return [];
    const before = first.get(value);
    if (before === undefined) {
      first.set(value, i);
      return [];
    }
    return [problem([...at, i, ...key], `is the same as that of ${String(at[0])}[${before}]; each has its own`)];
  });
}
