/** Seals secrets at rest. `context` names the row or key, so that a sealed value moved elsewhere does not open. */
export interface Sealer {
  seal(text: string, context: string): string;
  /** Throws when the value was not sealed by one of our secrets for this very context. */
  open(sealed: string, context: string): string;
}

/** A sealer of several secrets, each called by an id that all it sealed begins with. */
export interface SecretsSealer extends Sealer {
  /** Eight characters each; the first is that of the current secret. */
  readonly ids: readonly string[];
}

/** What a value says; undefined when the secret that sealed it is given no longer. Throws when somebody changed it. */
export function openIfOurs(sealer: Sealer, sealed: string, context: string): string | undefined {
  try {
    return sealer.open(sealed, context);
  } catch (error) {
    if ((error as Error).name !== 'NotOurSecret') throw error;
    return undefined;
  }
}
