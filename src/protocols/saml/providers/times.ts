import { MetadataError } from './record.ts';

/** An xs:dateTime of metadata in milliseconds since the epoch; without a zone it is UTC (saml-core section 1.3.3). */
export function instantOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const [, local, zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?)(Z|[+-]\d\d:\d\d)?$/.exec(text.trim()) ?? [];
  const at = local ? Date.parse(`${local}${zone ?? 'Z'}`) : Number.NaN;
  if (Number.isNaN(at)) throw new MetadataError(`${name} is no date and time`);
  return at;
}

const DAY = 86_400_000;

/** An xs:duration in milliseconds, a month being 30 days; undefined when there is none, or none that makes sense here. */
export function durationOf(text: string | undefined): number | undefined {
  const parts =
    /^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.\d{1,9})?S)?)?$/.exec(
      text?.trim() ?? '',
    );
  if (!parts) return undefined;
  const [years, months, days, hours, minutes, seconds] = parts.slice(1).map((one) => Number(one ?? 0)) as [
    ...[number, number, number],
    ...[number, number, number],
  ];
  const length = (years * 365 + months * 30 + days) * DAY + hours * 3_600_000 + minutes * 60_000 + seconds * 1000;
  return length > 0 ? length : undefined;
}

/** The earliest of those there are. */
export const earliest = (...all: readonly (number | undefined)[]): number | undefined => {
  const known = all.filter((one) => one !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};
