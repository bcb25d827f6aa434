/**
 * From an authorization request to the one question the engine answers. Pure. The library has checked the request's form
 * before (malformed JSON, unknown prompts, repeated parameters) and filled in the client's default_acr_values and
 * default_max_age; past this file nobody reads `prompt`, `max_age` or `acr_values`.
 */
import type { Assurance } from '../../authentication/assurance.ts';
import type { Ask, Want } from '../../domain/ask.ts';
import { Refusal } from '../../domain/refusal.ts';
import { amrStrength } from './amr.ts';
import { scopes as ownScopes } from './claims.ts';
import type { Requested } from './resources.ts';

/** Parameters as the library keeps them: strings, checked. */
export type Params = Readonly<Record<string, unknown>>;

/** A `claims` parameter that is JSON of the right outline with nonsense inside. */
export class MalformedClaims extends Error {}

export interface Asking {
  /** Application id. */
  readonly application: string;
  readonly params: Params;
  /** Client metadata: unmet acr_values are then a wish (our own extension). */
  readonly acrValuesVoluntary: boolean;
  /** The only user the answer may be about, and whether somebody else than the browser's user has to be found first. */
  readonly subject?: string;
  readonly choose?: boolean;
  /** What tokens are asked for: reaching its strength is part of the question, not a check at the end. */
  readonly resources?: readonly Requested[];
  readonly assurance: Assurance;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Throws MalformedClaims, or a Refusal when what is asked cannot be met by anybody. */
export function askOf({
  application,
  params,
  acrValuesVoluntary,
  subject,
  choose,
  assurance,
  now,
  ...rest
}: Asking): Ask {
  const { resources = [] } = rest;
  const prompts = words(params.prompt);
  const force = prompts.includes('login');
  const after = earliest(params.max_age, force, now);
  const hint = text(params.login_hint);
  const languages = words(params.ui_locales);
  return {
    application,
    wants: [
      acrWant(params, acrValuesVoluntary, assurance),
      amrWant(params, assurance),
      ...resources.map(minimumOf),
    ].filter((want) => !!want),
    ...(after === undefined ? {} : { after }),
    ...(force ? { unaided: true } : {}),
    choose: choose === true || force || prompts.includes('select_account'),
    passive: prompts.includes('none'),
    ...(subject === undefined ? {} : { subject }),
    ...(hint === undefined ? {} : { hint }),
    keeps: true,
    shares: { items: sharedItems(params, resources), again: prompts.includes('consent') },
    ...(languages.length > 0 ? { languages } : {}),
  };
}

/** The acr values a request names, in its order; `claims` wins over `acr_values` (OIDC Core section 5.5.1.1). */
export function requestedAcr(params: Params): { names: readonly string[]; essential?: boolean } {
  const claim = claimRequest(params, 'acr');
  const listed = claim && optionsOf(claim);
  if (!listed) return { names: words(params.acr_values) };
  if (listed.some((name) => typeof name !== 'string')) throw new MalformedClaims('acr has to be a string');
  return { names: listed as string[], essential: claim.essential === true };
}

/** The `sub` a request insists on: by id_token_hint, which the library has verified, or by claims.id_token.sub.value. */
export function requestedSubject(params: Params): string | undefined {
  const claimed = claimRequest(params, 'sub')?.value;
  if (claimed !== undefined && typeof claimed !== 'string') throw new MalformedClaims('sub has to be a string');
  const hinted = hintedSubject(params.id_token_hint);
  if (claimed !== undefined && hinted !== undefined && claimed !== hinted) throw new Refusal('other-person');
  return claimed ?? hinted;
}

function acrWant(params: Params, voluntary: boolean, assurance: Assurance): Want | undefined {
  const { names, essential } = requestedAcr(params);
  const anyOf = [...new Set(names.flatMap((name) => assurance.names.get(name) ?? []))];
  if (anyOf.length > 0) return { anyOf, essential: essential ?? !voluntary };
  if (essential && names.length > 0) throw new Refusal('requirements-unmet');
  return undefined;
}

function amrWant(params: Params, assurance: Assurance): Want | undefined {
  const claim = claimRequest(params, 'amr');
  const options = claim?.essential === true ? optionsOf(claim) : undefined;
  if (!options) return undefined;
  const strength = amrStrength(options.map(amrOption), assurance);
  if (!strength) throw new Refusal('requirements-unmet');
  return { anyOf: [strength], essential: true };
}

const minimumOf = ({ minimum }: Requested): Want | undefined => minimum && { anyOf: [minimum], essential: true };

function amrOption(option: unknown): readonly string[] {
  const values = Array.isArray(option) ? option : [option];
  if (values.some((value) => typeof value !== 'string')) throw new MalformedClaims('amr has to be strings');
  return values;
}

/** NUL and halves of surrogate pairs: PostgreSQL refuses them as a name to look up and on record, which would be a 500. */
const unstorable = /\\u0000|\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]/i;

function claimsOf({ claims }: Params): Readonly<Record<'id_token' | 'userinfo', Record<string, unknown> | undefined>> {
  if (typeof claims !== 'string') return { id_token: undefined, userinfo: undefined };
  if (unstorable.test(claims)) throw new MalformedClaims('claims must not hold NUL or half a surrogate pair');
  return JSON.parse(claims);
}

type ClaimRequest = Readonly<{ essential?: unknown; value?: unknown; values?: unknown }>;

function claimRequest(params: Params, name: string): ClaimRequest | undefined {
  const request = claimsOf(params).id_token?.[name];
  if (request === undefined || request === null) return undefined;
  if (typeof request !== 'object' || Array.isArray(request)) throw new MalformedClaims(`${name} has to be an object`);
  return request;
}

/** `value` and `values` are two spellings of the same wish (OpenID Connect issue 1143). */
function optionsOf({ value, values }: ClaimRequest): unknown[] | undefined {
  if (values !== undefined && !Array.isArray(values)) throw new MalformedClaims('values has to be a list');
  const options = [...(value === undefined ? [] : [value]), ...(values ?? [])];
  return options.length > 0 ? options : undefined;
}

function earliest(maxAge: unknown, force: boolean, now: number): number | undefined {
  if (force) return now;
  return maxAge === undefined ? undefined : now - Number(maxAge) * 1000;
}

/** A scope may mean another thing elsewhere, so the resource is part of what is agreed to. */
function sharedItems(params: Params, resources: readonly Requested[]): string[] {
  const scopes = words(params.scope).filter((scope) => ownScopes.includes(scope));
  const elsewhere = resources.flatMap(({ resource, scopes }) =>
    scopes.length > 0 ? scopes.map((scope) => `${scope} ${resource}`) : [resource],
  );
  const claims = claimsOf(params);
  const named = [claims.id_token, claims.userinfo].flatMap((part) => Object.keys(part ?? {}));
  return [...new Set([...scopes, ...elsewhere, ...named.filter((name) => !aboutTheSignIn.has(name))])];
}

/** Claims that say how somebody signed in, not who he is: nothing to agree to. */
const aboutTheSignIn = new Set(['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss']);

/** The `sub` of an id_token_hint, whose signature the library has checked. */
export function hintedSubject(jwt: unknown): string | undefined {
  if (typeof jwt !== 'string') return undefined;
  const { sub } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  return sub;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const words = (value: unknown): string[] => (typeof value === 'string' ? value.split(' ').filter(Boolean) : []);
