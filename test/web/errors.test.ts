import { StoreAway } from '../../src/domain/store-away.ts';
import { errors, pageErrorOf } from '../../src/web/errors.ts';
import { PageError } from '../../src/web/page-error.ts';
import { reference } from '../../src/web/reference.ts';
import type { Views } from '../../src/web/views.ts';
import { exchange } from './exchange.ts';
import { strictViews } from './pages.ts';

type Line = { reference: string; path: string };

function answered(error: unknown, headers: Record<string, string> = {}, views: Views = strictViews) {
  const { res } = exchange(headers, '/signin/7Q?code=secret');
  const log = { error: [] as Line[], warn: [] as Line[], info: [] as Line[] };
  const logger = {
    error: (line: Line) => log.error.push(line),
    warn: (line: Line) => log.warn.push(line),
    info: (line: Line) => log.info.push(line),
  };
  let body = '';
  res.end = ((text: string) => {
    body = text;
    return res;
  }) as typeof res.end;
  errors({ views, log: logger as never }).answer(res, error);
  return { res, log, body };
}

test('a fault of ours is a page with a reference, and a log line with the same one', () => {
  const { res, log, body } = answered(new Error('duplicate key in table users'));
  expect(res.statusCode).toBe(500);
  expect(body).toContain('Something went wrong on our side');
  expect(body).not.toMatch(/duplicate|users|Error:|at \w+ \(/);
  const line = log.error[0]!;
  expect(body).toContain(line.reference);
  expect(line.path).toBe('/signin/7Q');
});

test('what a page tells an administrator is found in the log by its reference', () => {
  const data = { detail: 'Destination is not https://id.example/saml/sso', application: 'Payroll' };
  const { log, body } = answered(new PageError(400, 'application', { data }));
  expect(log.info[0]).toMatchObject({ ...data, status: 400 });
  expect(body).toContain(log.info[0]!.reference);
});

test('a store that is away is 503 with Retry-After, however deep it is the cause', () => {
  const { res, log } = answered(new Error('wrapped', { cause: new StoreAway('Redis') }));
  expect(res.statusCode).toBe(503);
  expect(res.getHeader('retry-after')).toBe('5');
  expect(log.error).toEqual([]);
  expect(log.warn).toHaveLength(1);
});

test('an expected no keeps its status, its page and its Retry-After, and is not logged as a fault', () => {
  const { res, log, body } = answered(new PageError(429, 'slow-down', { retryAfter: 29.2 }));
  expect(res.statusCode).toBe(429);
  expect(res.getHeader('retry-after')).toBe('30');
  expect(body).toContain('Wait a little, then try again');
  expect(log.error).toEqual([]);
  // The reference a person reads out is found.
  expect(log.info).toMatchObject([{ path: '/signin/7Q', reference: expect.stringMatching(/^.{4}-.{4}$/) }]);
});

test('a sign-in that is gone gets its own page', () => {
  expect(answered(new PageError(400, 'expired')).body).toContain('This sign-in has timed out');
});

test("a router's own 4xx is bad input, not our fault", () => {
  expect(pageErrorOf(Object.assign(new URIError('bad'), { status: 400 }))).toMatchObject({
    status: 400,
    key: 'bad-request',
  });
  expect(pageErrorOf(Object.assign(new Error('odd'), { status: 200 }))).toMatchObject({ status: 500 });
  expect(pageErrorOf('a string')).toMatchObject({ status: 500 });
});

test('programs get JSON, people never do', () => {
  const program = answered(new PageError(404, 'not-found'), { accept: 'application/json' });
  expect(JSON.parse(program.body)).toEqual({ error: 'not-found', reference: expect.stringMatching(/^.{4}-.{4}$/) });
  const person = answered(new PageError(404, 'not-found'), { accept: 'text/html,application/json;q=0.1,*/*' });
  expect(person.body).toContain('<!doctype html>');
});

test('when the error page itself breaks, plain words and the reference remain', () => {
  const broken = {
    render() {
      throw new Error('no template');
    },
  } as unknown as Views;
  const { res, body } = answered(new Error('first'), {}, broken);
  expect(res.statusCode).toBe(500);
  expect(body).toMatch(/^Something went wrong on our side\.\nReference: .{4}-.{4}\n$/);
});

test('references can be read aloud: eight characters without 0 O 1 I L U', () => {
  const many = Array.from({ length: 500 }, reference);
  for (const one of many) expect(one).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/);
  expect(new Set(many).size).toBe(500);
});
