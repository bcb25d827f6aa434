/** What a walk suggests beyond what was asked for: something to fall back on, and something in the place of what is lost. Pure. */
import type { Credential } from '../domain/credential.ts';
import type { Sources } from './facts.ts';
import type { Facts } from './next.ts';
import type { SignIn } from './signins.ts';

interface About {
  readonly signIn: SignIn;
  /** Whether a method is there and not switched off for this person. */
  usable(method: string): boolean;
}

type Methods = Pick<Sources, 'methods'>;

/** A way back in for the day everything is lost, for whoever has just registered something and has none. */
export function suggestion(
  { methods }: Methods,
  { signIn, usable, credentials }: About & { readonly credentials: readonly Credential[] },
): string | undefined {
  const spare = [...methods.values()].find(({ spare, id }) => spare && usable(id));
  if (!spare || signIn.declined?.includes(spare.id)) return undefined;
  return credentials.some(({ method, lost }) => method === spare.id && !lost) ? undefined : spare.id;
}

const bySpare = ({ methods }: Methods, { proofs }: SignIn) => proofs.some(({ method }) => methods.get(method)?.spare);
const byPass = ({ proofs, standIns = [] }: SignIn) =>
  [...proofs, ...standIns].some(({ method }) => method === 'access-pass');

/** Whether this walk went by something meant for emergencies. */
export const byEmergency = (sources: Methods, signIn: SignIn): boolean =>
  !signIn.end && (bySpare(sources, signIn) || byPass(signIn));

/**
 * Whoever used what one keeps for the day the rest is lost may have lost it; whoever was let in by a pass and holds nothing
 * needs another pass next time. Both are asked once in a walk to set up something of their own.
 */
export function renewal(
  sources: Methods,
  { signIn, usable, guarded }: About & { readonly guarded: boolean },
): Facts['anew'] {
  const { registered = [], declined = [], end } = signIn;
  if (end || registered.length > 0) return undefined;
  const because = bySpare(sources, signIn) ? 'spare' : byPass(signIn) && !guarded ? 'pass' : undefined;
  const own = [...sources.methods.values()].filter((one) => one.guards && one.registers.length > 0 && usable(one.id));
  const methods = own.map(({ id }) => id);
  if (!because || methods.length === 0 || methods.some((id) => declined.includes(id))) return undefined;
  return { because, methods };
}
