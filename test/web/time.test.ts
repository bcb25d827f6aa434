import { clock, zoneOf } from '../../src/web/time.ts';

const now = Date.UTC(2026, 4, 14, 9, 47);
const at = (locale: string, zone?: string) => clock({ locale, zone, now, join: (day, time) => `${day}, ${time}` });

test("writes times in the person's zone", () => {
  expect(at('en-GB', 'Europe/Berlin').text(now, 'clock')).toBe('11:47');
});

test('writes UTC and says so while the zone is not known', () => {
  expect(at('en-GB').text(now, 'clock')).toBe('09:47 UTC');
});

test.each([
  [now - 60_000, 'today, 11:46'],
  [now - 86_400_000, 'yesterday, 11:47'],
  [Date.UTC(2026, 4, 11, 16, 20), '11 May, 18:20'],
  [Date.UTC(2025, 4, 11, 16, 20), '11 May 2025, 18:20'],
])('%s is %s', (then, words) => {
  expect(at('en-GB', 'Europe/Berlin').text(then, 'moment')).toBe(words);
});

test('speaks German', () => {
  expect(at('de-DE', 'Europe/Berlin').text(now - 86_400_000, 'moment')).toBe('gestern, 11:47');
  expect(at('de-DE', 'Europe/Berlin').text(Date.UTC(2026, 2, 3), 'day')).toBe('3. März');
});

test('prints references in UTC wherever the person is', () => {
  expect(at('en-GB', 'Asia/Tokyo').text(now, 'utc')).toBe('14 May 2026, 09:47 UTC');
});

test('midnight is 00:00', () => {
  expect(at('en-GB', 'UTC').text(Date.UTC(2026, 4, 14), 'clock')).toBe('00:00');
});

test('knows a zone by its name and believes nothing else', () => {
  expect(zoneOf('Europe/Lisbon')).toBe('Europe/Lisbon');
  for (const junk of [undefined, '', 'Mars/Olympus', '<script>', 'x'.repeat(1000)])
    expect(zoneOf(junk)).toBeUndefined();
});
