/** What the pages of sign-in methods show. Pure: what is known of it was read before. */
import type { Credential } from '../domain/credential.ts';
import { masked } from '../domain/masked.ts';
import type { User } from '../domain/user.ts';
import { addable, keeping, preferable, type Standing, shows, takes, theirs, twoStepOf } from './standing.ts';

/** By credential, the address it was proved from last. */
type From = ReadonlyMap<string, string>;

/** All methods of a person, the two-step switch, and what can be added by what it takes. */
export function methodsShown(standing: Standing, from: From) {
  const { user, held } = standing;
  return {
    twoStep: twoStepOf(standing),
    address: address(user),
    methods: held.filter((one) => shows(standing.sources, one, standing.now)).map((one) => row(standing, one, from)),
    addable: addable(standing).map(({ method, required }) => ({
      id: method.id,
      required,
      replaces: method.spare === true && held.some((one) => one.method === method.id && !one.lost),
    })),
    takes: takes(standing),
    signal: signals(standing),
  };
}

/** One of them, with what can be done about it. */
export function methodShown(standing: Standing, one: Credential, from: From) {
  const { user } = standing;
  const own = theirs(standing, one);
  return {
    one: row(standing, one, from),
    address: address(user),
    preferable: preferable(standing, one) && user.preferred !== one.method,
    own,
    keeping: own ? keeping(standing, one) : undefined,
    signal: signals(standing),
  };
}

/** What the browser is told of what still counts here: after a removal or a loss it offers the rest alone. */
const signals = ({ sources, user, held }: Standing): Readonly<Record<string, unknown>> =>
  Object.assign(
    {},
    ...[...sources.methods.values()].map((method) => {
      const counted = held.filter((one) => one.method === method.id && !one.lost);
      return method.signals?.(user, counted);
    }),
  );

function row({ sources, user, now }: Standing, one: Credential, from: From) {
  const { id, method: name, label, data, spent = 0, createdAt, lastUsedAt, lockedUntil, disabled, lost } = one;
  const method = sources.methods.get(name);
  const setting = sources.settingOf(user, name);
  const off = !method || setting.state === 'off';
  return {
    ...{ id, method: name, label, createdAt, lastUsedAt, from: from.get(id) },
    locked: !lost && (disabled || (lockedUntil ?? 0) > now),
    lost: lost === true,
    off,
    preferred: !lost && user.preferred === name,
    kept: keptBy(method?.classesOf(one) ?? []),
    // Recovery codes: what is left of them.
    ...(typeof data.codes === 'number' ? { left: Math.max(0, data.codes - spent), of: data.codes } : {}),
    // An access pass: until when.
    ...(typeof data.endsAt === 'number' ? { endsAt: data.endsAt } : {}),
    /** What an address may do without having been registered. */
    ...(method?.implied ? { does: duties(sources.begin.includes(name), setting.standsIn && !off) } : {}),
    /** It has a page of its own. */
    page: !method || method.register !== undefined || method.implied !== undefined,
  };
}

/** Where a passkey lives: kept in step between devices, or in one. */
const keptBy = (classes: readonly string[]) =>
  classes.some((name) => name.includes(':syncable'))
    ? ('synced' as const)
    : classes.some((name) => name.includes(':bound'))
      ? ('bound' as const)
      : undefined;

const duties = (begins: boolean, second: boolean) =>
  begins && second ? 'both' : begins ? 'first' : second ? 'second' : 'neither';

const address = ({ email }: User): string | undefined => (email === undefined ? undefined : masked(email));
