import { logger } from '../src/log.ts';

/** What the log writes of this. */
function logged(about: object): string {
  let text = '';
  logger('info', { write: (line) => (text += line) }).error(about, 'words');
  return text;
}

test('an error is written with its own code, and never ends the process by being written', () => {
  const refused = Object.assign(new Error('connect'), {
    code: 'ECONNREFUSED',
    cause: Object.assign(new Error(), { code: '57P01' }),
  });
  expect(JSON.parse(logged({ err: refused })).err).toMatchObject({ code: 'ECONNREFUSED' });
  expect(
    JSON.parse(logged({ err: Object.assign(new Error('x'), { detail: { code: '22021' } }) })).err.detail.code,
  ).toBe('22021');
});

test.each([
  ['code', '123456'],
  ['code', 'z4pUojn7BJIW0vRjiV-mZUjGOxLRq9TkZstfsouCLWE'],
  ['password', 'over-the-wall'],
  ['refresh_token', 'tAIl'],
  ['authorization', 'Basic cnA6eA=='],
  ['cookie', 'stile=a.b'],
])('%s is never written, however deep a careless line puts it', (name, value) => {
  for (const about of [
    { [name]: value },
    { a: { [name]: value } },
    { a: { b: { [name]: value } } },
    { err: Object.assign(new Error('x'), { [name]: value }) },
  ])
    expect(logged(about)).not.toContain(value);
});
