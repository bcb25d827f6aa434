/** The keys of tokens and of SAML, on the terms the configuration sets. A part of the composition root. */
import type { Recorder } from '../audit/event.ts';
import type { Config } from '../config.ts';
import { agentAt } from '../keys/agent.ts';
import type { HeldKeys } from '../keys/held.ts';
import { Resealing } from '../keys/resealing.ts';
import type { Ring } from '../keys/ring.ts';
import { heldTokenKeys, tokenKeys } from '../protocols/oidc/keys.ts';
import { Keyring } from '../protocols/saml/keys/keys.ts';
import type { Sealed } from '../store/sealed.ts';
import type { SigningKeys } from '../store/signing-keys.ts';
import type { Checks } from '../web/health.ts';

export interface KeysParts {
  readonly signingKeys: SigningKeys;
  readonly recorder: Recorder;
  readonly log: { warn(about: object, text: string): void };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Our own, or those of an agent. */
export function openTokenKeys(
  { keys: { held, ...terms } }: Pick<Config, 'keys'>,
  { signingKeys, recorder, log, now }: KeysParts,
): Promise<Ring | HeldKeys> {
  const onError = (error: unknown) => log.warn({ err: error }, 'the keys of tokens could not be read again');
  const parts = { ...terms, store: signingKeys, now, onError };
  return held ? heldTokenKeys({ ...parts, holder: agentAt(held.socket) }) : tokenKeys({ ...parts, recorder });
}

/** What has to answer before anything can be signed, for /readyz. */
export const keysCheck = (keys: Ring | HeldKeys): Checks =>
  'ready' in keys ? { keys: () => keys.ready().then(() => true) } : {};

/** Begins to seal anew, in the background, what an older secret sealed. */
export function beginResealing({
  sealed,
  recorder,
  log,
  now,
}: Pick<KeysParts, 'recorder' | 'log' | 'now'> & { readonly sealed: Sealed }): Resealing {
  const onError = (error: unknown) => log.warn({ err: error }, 'what an older secret sealed could not be sealed anew');
  const resealing = new Resealing({
    sealed,
    onError,
    onChanged: (rows) =>
      void recorder
        .record({ type: 'secrets.resealed', at: now(), detail: { by: { kind: 'background' }, rows } })
        .catch(onError),
  });
  resealing.start();
  return resealing;
}

export const openSamlKeys = (
  { issuer, saml: { metadataValid, keyOverlap, rotateEvery } }: Pick<Config, 'issuer' | 'saml'>,
  { signingKeys, recorder, log, now }: KeysParts,
) =>
  Keyring.open({
    ...{ issuer, metadataValid, keyOverlap, rotateEvery, store: signingKeys, recorder, now },
    onError: (error) => log.warn({ err: error }, 'the keys of SAML could not be read again'),
  });
