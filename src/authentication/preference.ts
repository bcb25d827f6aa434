/** What a person is asked for first, as what they hold changes. Pure. */
import type { Credential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { User } from '../domain/user.ts';

type Methods = ReadonlyMap<string, Pick<Method, 'id' | 'guards' | 'spare'>>;

/** The methods held that guard the account and are no mere spare, best first. */
const guardians = (methods: Methods, held: readonly Credential[]): readonly string[] =>
  [...methods.values()]
    .filter(({ id, guards, spare }) => guards && !spare && held.some(({ method, lost }) => method === id && !lost))
    .map(({ id }) => id);

/**
 * The first method registered that guards becomes the preferred one, so that a code by email does no longer: the person
 * may choose that again. `held` as it was before. Undefined: what is preferred stays.
 */
export const preferredByRegistering = (
  methods: Methods,
  held: readonly Credential[],
  registered: string,
): string | undefined => {
  const { guards, spare } = methods.get(registered) as Pick<Method, 'guards' | 'spare'>;
  return guards && !spare && guardians(methods, held).length === 0 ? registered : undefined;
};

/**
 * What is preferred when only `left` is left. A method no longer held gives way to the best that is; the last one removed
 * leaves nothing preferred. The last one lost stays: a report, which takes a first factor only, must not open a weaker way.
 */
export function preferredAmong(
  methods: Methods,
  { preferred }: User,
  left: readonly Credential[],
  why: 'removed' | 'lost',
): string | undefined {
  if (preferred === undefined || left.some(({ method, lost }) => method === preferred && !lost)) return preferred;
  return guardians(methods, left)[0] ?? (why === 'lost' ? preferred : undefined);
}
