/** How often a server goes to its stores for one sign-in (performance.md P2): counted outside it, so a test may hold it. */
import { Person } from '../support/person.ts';
import { as, freshCode, MFA, secretOf } from '../support/rp.ts';
import type { Counter } from '../support/trips.ts';
import { api, endpointsOf, Machine } from './machine.ts';
import { door, signIn, Visitor } from './visitor.ts';

export interface Counts {
  /** A second visit: authorize with a live session, token, userinfo. */
  readonly silent: readonly string[];
  readonly token: readonly string[];
  /** From GET /auth of a stranger's browser to the code. */
  readonly login: readonly string[];
  /** A machine's own token for an API, a JWT; and one that is opaque. */
  readonly signed: readonly string[];
  readonly opaque: readonly string[];
  readonly introspection: readonly string[];
}

/** The least of a few: now and then a server looks after itself in between (a poll of what other nodes changed). */
const attempts = 3;

export async function least(counter: Counter, run: () => Promise<unknown>): Promise<readonly string[]> {
  let best: readonly string[] | undefined;
  for (let i = 0; i < attempts; i++) {
    counter.reset();
    await run();
    if (!best || counter.seen.length < best.length) best = counter.seen;
  }
  return best as readonly string[];
}

/** `counter` must lie between this server and one of its stores. */
export async function countsOf(issuer: string, counter: Counter, username: string): Promise<Counts> {
  const { person } = await signIn(issuer, username);
  const visitor = new Visitor(issuer, person);
  // The first visit meets cold connections and scripts Redis does not know yet.
  await visitor.visit();
  const machine = new Machine(endpointsOf(issuer));
  for (const resource of [api, undefined]) await machine.ownToken(resource);
  const silent = await least(counter, () => visitor.visit());
  const codes = await Promise.all(Array.from({ length: attempts }, () => visitor.authorize()));
  const token = await least(counter, () => visitor.token(codes.pop() as string));
  const signed = await least(counter, () => machine.ownToken(api));
  const opaque = await least(counter, () => machine.ownToken());
  const login = await least(counter, () => signIn(issuer, username));
  const known = await machine.ownToken();
  const introspection = await least(counter, () => machine.introspect(known));
  visitor.leave();
  machine.leave();
  return { silent, token, login, signed, opaque, introspection };
}

/** The POST of a right code from an authenticator app, without what the redirect after it leads to. */
export async function countTotp(issuer: string, counter: Counter, usernames: readonly string[]) {
  let left = [...usernames];
  let page: Awaited<ReturnType<Person['go']>>;
  let best: readonly string[] | undefined;
  while (left.length > 0) {
    const [username = '', ...others] = left;
    left = others;
    const person = new Person();
    const challenged = as(username, { until: ({ form }) => form?.fields.step === 'prove:totp' });
    page = await challenged(person, await person.go(door(issuer, { acr_values: MFA })));
    const { action, fields } = page.form!;
    counter.reset();
    const body = new URLSearchParams({ ...fields, code: freshCode(secretOf(username)) });
    const answer = await person.fetch(action, { method: 'POST', body });
    const seen = counter.seen;
    // What was counted is what a right code costs, not a wrong one.
    const end = await as(username)(person, await person.go(new URL(answer.headers.get('location') as string, action)));
    if (!end.url.searchParams.has('code')) throw new Error(`the code was refused: ${end.heading}`);
    if (!best || seen.length < best.length) best = seen;
  }
  return best as readonly string[];
}
