import { byForce } from '../../support/kept-keys.ts';
import { type House, openHouse } from './house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => {
  expect(house.faults).toEqual([]);
  house.close();
});

const paths = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(house.issuer + path, { method, headers: { 'cache-control': 'max-age=0', ...headers } });
const etagOf = async (path: string) => (await get(path)).headers.get('etag') as string;

describe.each(paths)('%s', (path) => {
  test('is read by anybody from anywhere, may be kept five minutes, and costs no trip to a store', async () => {
    const trips = house.kv.trips.length;
    const answer = await get(path, { origin: 'https://spa.example' });
    const body = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^application\/(jwk-set\+)?json; charset=utf-8$/);
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(body)));
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(house.kv.trips.length).toBe(trips);
  });

  test('by HEAD says the same without a body', async () => {
    const whole = await get(path);
    const head = await get(path, {}, 'HEAD');
    expect(await head.text()).toBe('');
    for (const name of ['content-length', 'etag', 'cache-control', 'content-type'])
      expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
  });

  test.each([
    ['its validator', (etag: string) => etag, 304],
    ['its validator as a weak one', (etag: string) => `W/${etag}`, 304],
    ['one of several', (etag: string) => `"other", ${etag}`, 304],
    ['whatever there is', () => '*', 304],
    ['another', () => '"other"', 200],
    ['half of it', (etag: string) => etag.slice(0, 9), 200],
  ])('to whoever has %s', async (_what, asks, status) => {
    const answer = await get(path, { 'if-none-match': asks(await etagOf(path)) });
    expect(answer.status).toBe(status);
    expect((await answer.text()).length > 0).toBe(status === 200);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
  });

  test('browsers are given leave to ask with a validator, and nobody may write', async () => {
    const asks = { origin: 'https://spa.example', 'access-control-request-method': 'GET' };
    const leave = await get(path, { ...asks, 'access-control-request-headers': 'if-none-match' }, 'OPTIONS');
    expect([leave.status, leave.headers.get('access-control-allow-headers')]).toEqual([204, 'if-none-match']);
    expect((await get(path, {}, 'POST')).status).toBe(404);
  });
});

test('discovery names what can be reached, and nothing that a request made up', async () => {
  const discovery = await (await get('/.well-known/openid-configuration?x=1', { 'x-forwarded-host': 'evil' })).json();
  expect(discovery).toMatchObject({
    issuer: house.issuer,
    jwks_uri: `${house.issuer}/jwks`,
    acr_values_supported: ['https://refeds.org/profile/mfa', 'urn:stile:acr:aal1', 'urn:stile:acr:aal2'],
  });
});

test('a change of keys changes the keys and their validator at once, and discovery not at all', async () => {
  const [keys, discovery] = await Promise.all([etagOf('/jwks'), etagOf('/.well-known/openid-configuration')]);
  await house.keys.rotate(byForce);
  const answer = await get('/jwks', { 'if-none-match': keys });
  expect(answer.status).toBe(200);
  const { keys: published } = (await answer.json()) as { keys: { kid: string }[] };
  expect(published.map(({ kid }) => kid)).toEqual(house.keys.keys().map(({ id }) => id));
  expect(await etagOf('/.well-known/openid-configuration')).toBe(discovery);
});
