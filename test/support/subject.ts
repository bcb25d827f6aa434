import type { Subject } from '../../src/domain/method.ts';

/** Somebody who is vouched for, with these credentials, unless told otherwise. */
export const subject = (more: Partial<Subject> = {}): Subject => ({
  credentials: [],
  vouched: true,
  wanted: [],
  proved: [],
  place: { walk: 'a-walk', application: 'Wiki', address: '192.0.2.1', agent: 'Firefox', languages: [] },
  turn: 0,
  now: 1_800_000_000_000,
  ...more,
});
