/** One measured thing, and how many of them become one number. */
export interface Result {
  /** Null where it could not be measured; the note says why. */
  readonly value: number | null;
  /** From performance.md; null where it sets none. */
  readonly goal: number | null;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** The middle half of the rounds lies this far apart, in the same unit. */
  readonly spread: number;
  readonly rounds: number;
  /** What has to be known to read the number. */
  readonly note?: string;
}

/** By id (`P2`) or id and part (`P2.silent`). */
export type Results = Record<string, Result>;

export interface Aim {
  readonly goal?: number;
  readonly unit: string;
  readonly better?: 'lower' | 'higher';
  readonly note?: string;
}

/** The median of the rounds. */
export function result(values: readonly number[], { goal, unit, better = 'lower', note }: Aim): Result {
  const spread = quantile(values, 0.75) - quantile(values, 0.25);
  return {
    value: tidy(median(values)),
    goal: goal ?? null,
    unit,
    better,
    spread: tidy(spread),
    rounds: values.length,
    ...(note ? { note } : {}),
  };
}

/** What there is no measuring here. */
export const unmeasured = ({ goal, unit, better = 'lower' }: Aim, why: string): Result => ({
  ...{ value: null, goal: goal ?? null, unit, better, spread: 0, rounds: 0, note: why },
});

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const met = ({ value, goal, better }: Result): boolean | undefined =>
  goal === null || value === null ? undefined : better === 'lower' ? value <= goal : value >= goal;

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place - Math.floor(place));
}

const tidy = (value: number): number => Number(value.toPrecision(4));
