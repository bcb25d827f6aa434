import { MetadataError } from './record.ts';
import { earliest } from './times.ts';

/** How long a document may be used, and when to look for a newer one. Pure; milliseconds, instants since the epoch. */

export interface Lasting {
  readonly validUntil?: number | undefined;
  readonly cacheDuration?: number | undefined;
  readonly creationInstant?: number | undefined;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Clocks differ. */
const SKEW = 5 * MINUTE;
/** How far ahead an aggregate may say it is good: whoever holds an old one back must not do so for long. */
const FURTHEST = 28 * DAY;

/** Of a document of either kind. Throws MetadataError. */
export function checkEnd({ validUntil }: Lasting, now: number): void {
  if (validUntil !== undefined && validUntil <= now)
    throw new MetadataError(`it was valid until ${new Date(validUntil).toISOString()}`);
}

/**
 * Whoever stands between may bring an earlier document that is good still, with a member in it that was taken out since.
 * Throws MetadataError.
 */
export function checkOrder({ creationInstant }: Lasting, before: Lasting | undefined): void {
  const last = before?.creationInstant;
  if (last !== undefined && (creationInstant === undefined || creationInstant < last))
    throw new MetadataError(`it is older than the copy that is used, of ${new Date(last).toISOString()}`);
}

/** Of an aggregate. Throws MetadataError. */
export function checkAggregate(root: Lasting, now: number): void {
  const { validUntil, creationInstant } = root;
  if (validUntil === undefined)
    throw new MetadataError('its root has no validUntil, without which it would be good for ever');
  checkEnd(root, now);
  if (creationInstant !== undefined && creationInstant > now + SKEW)
    throw new MetadataError(`its creationInstant ${new Date(creationInstant).toISOString()} lies in the future`);
  if (validUntil > (creationInstant ?? now + SKEW) + FURTHEST)
    throw new MetadataError(`its validUntil ${new Date(validUntil).toISOString()} lies more than 28 days ahead`);
}

const SOONEST = 5 * MINUTE;
const LATEST = DAY;
const USUAL = HOUR;

/**
 * How long to wait after a document was read: what it says itself within bounds, and early enough to try several times
 * before it ends. `chance` from 0 to 1 spreads many nodes and servers.
 */
export function waitAfterSuccess({ cacheDuration, validUntil }: Lasting, now: number, chance: number): number {
  const left = validUntil === undefined ? undefined : (validUntil - now) / 4;
  const wish = earliest(cacheDuration ?? USUAL, left, LATEST) as number;
  return Math.round(Math.max(SOONEST, wish) * (0.9 + 0.2 * chance));
}

/** How long to wait after the nth failure in a row (from 1). */
export function waitAfterFailure(failures: number, chance: number): number {
  return Math.round(Math.min(HOUR, MINUTE * 2 ** Math.min(failures - 1, 6)) * (0.8 + 0.4 * chance));
}
