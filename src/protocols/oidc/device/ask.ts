/**
 * From a device's request to the one question the engine answers. Pure. Somebody may have sent the code to the person, so
 * whatever stood in the browser before the device asked counts for nothing, and what is called phishing-resistant is not
 * asked, promised or said unless the client's declaration takes it on (a person can be talked into carrying a code).
 */
import type { Assurance } from '../../../authentication/assurance.ts';
import type { Application } from '../../../domain/application.ts';
import type { Ask, Want } from '../../../domain/ask.ts';
import { Refusal } from '../../../domain/refusal.ts';
import type { Strength } from '../../../domain/strength.ts';
import { askOf, hintedSubject, type Params } from '../ask.ts';
import type { Requested } from '../resources.ts';

export interface DeviceAsking {
  readonly application: Application;
  readonly params: Params;
  /** When the device asked, and now; milliseconds since the epoch. */
  readonly asked: number;
  readonly now: number;
  /** The client knows people by pairwise names, which lead back to nobody. */
  readonly pairwise: boolean;
  readonly resources: readonly Requested[];
  readonly assurance: Assurance;
}

/** Throws MalformedClaims, or a Refusal when what is asked cannot be had this way. */
export function deviceAsk({ application, params, asked, now, pairwise, resources, assurance }: DeviceAsking): Ask {
  const subject = pairwise ? undefined : hintedSubject(params.id_token_hint);
  const ask = askOf({
    application: application.id,
    params,
    acrValuesVoluntary: application.settings.acr_values_voluntary === true,
    ...(subject === undefined ? {} : { subject }),
    resources,
    assurance,
    now,
  });
  return {
    ...ask,
    wants: ask.wants.flatMap((want) => withinReach(want, mayResist(application), assurance)),
    // Another node may have been asked, whose clock is ahead: nobody could prove anything after that.
    after: Math.max(Math.min(asked, now), ask.after ?? 0),
    passive: false,
  };
}

/** What may be said of a sign-in for this application by way of a device. */
export function deviceAssurance(application: Application, assurance: Assurance): Assurance {
  if (mayResist(application)) return assurance;
  return { ...assurance, names: new Map([...assurance.names].filter(([, strength]) => !resists(strength, assurance))) };
}

function withinReach(want: Want, all: boolean, assurance: Assurance): Want[] {
  const anyOf = all ? want.anyOf : want.anyOf.filter((strength) => !resists(strength, assurance));
  if (anyOf.length > 0) return [{ ...want, anyOf }];
  if (want.essential) throw new Refusal('requirements-unmet');
  return [];
}

const mayResist = (application: Application) => application.settings.device_phishing_resistant === true;
const resists = (strength: Strength, assurance: Assurance) => assurance.atLeast(strength, assurance.phishingResistant);
