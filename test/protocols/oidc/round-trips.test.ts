import * as rp from 'openid-client';
import { ask, client, type House, openHouse, redeem, signedIn } from './house.ts';

/** performance.md P2, the library's part of it: what the engine adds is counted where the engine is. */
describe('round trips of a second visit', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  test('two to authorize, three for the token, two for userinfo; the person is read once for each of the last two', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const silent = { prompt: 'none' };
    await redeem(house, 'wiki', await ask(house, chrome, 'wiki', silent));
    const count = async <T>(run: () => Promise<T>) => {
      house.kv.trips.length = 0;
      return { result: await run(), trips: house.kv.trips.map((trip) => trip.split(':')[0]) };
    };
    house.reads.users = 0;
    const authorize = await count(() => ask(house, chrome, 'wiki', silent));
    expect(authorize.trips).toEqual(['read s', 'set oc']);
    const token = await count(() => redeem(house, 'wiki', authorize.result));
    expect(token.trips).toEqual(['spend oc', 'read s', 'set ot']);
    const config = await client(house, 'wiki');
    const userinfo = await count(() => rp.fetchUserInfo(config, token.result.access_token, 'ana'));
    expect(userinfo.trips).toEqual(['read ot', 'read s']);
    expect(house.reads.users).toBe(2);
  });
});
