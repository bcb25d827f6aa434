/** Instants in words: exact, in the person's language and zone, and in UTC (saying so) until their zone is known. */

/** `clock` 09:52; `day` 3 March; `moment` today, 09:31; `utc` 14 May 2026, 09:31 UTC. */
export type TimeForm = 'clock' | 'day' | 'moment' | 'utc';

export interface Clock {
  text(at: number, form: TimeForm): string;
}

/** `join` puts a day and a time of day together in the person's language. `locale` and `zone` as Intl knows them. */
export function clock(place: {
  locale: string;
  zone: string | undefined;
  now: number;
  join(day: string, time: string): string;
}): Clock {
  const { locale, now, join } = place;
  const timeZone = place.zone ?? 'UTC';
  const shown = place.zone ? {} : ({ timeZoneName: 'short' } as const);
  const formats = new Map<string, Intl.DateTimeFormat>();
  const write = (at: number, options: Intl.DateTimeFormatOptions) => {
    const key = JSON.stringify(options);
    const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone, ...options });
    formats.set(key, format);
    return format.format(at);
  };
  const year = (at: number) => write(at, { year: 'numeric' });
  const day = (at: number) => {
    const date = { day: 'numeric', month: 'long' } as const;
    return write(at, year(at) === year(now) ? date : { ...date, year: 'numeric' });
  };
  const time = (at: number) => write(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...shown });
  const near = (at: number) => {
    const ago = [0, -1].find((days) => day(at) === day(now + days * 86_400_000));
    return ago === undefined ? day(at) : new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(ago, 'day');
  };
  const utc = (at: number) => {
    const date = write(at, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
    const options = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: 'UTC' } as const;
    return join(date, write(at, { ...options, timeZoneName: 'short' }));
  };
  return {
    text: (at, form) => ({ clock: time, day, moment: (then: number) => join(near(then), time(then)), utc })[form](at),
  };
}

/** A zone's name as it came from the browser, if Intl knows it. */
export function zoneOf(name: string | undefined): string | undefined {
  if (!name || name.length > 64) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
