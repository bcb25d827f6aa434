import { type House, openHouse } from '../house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
  const settings = {
    client_id: 'tv',
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  };
  const about = { name: 'Television', protocol: 'oidc', thirdParty: false, disabled: false } as const;
  for (const id of ['tv', 'radio'])
    house.applications.set(id, { id, ...about, settings: { ...settings, client_id: id } });
});
afterAll(() => {
  expect(house.faults).toEqual([]);
  house.close();
});

const start = (client_id: string) =>
  fetch(`${house.issuer}/device_authorization`, {
    method: 'POST',
    body: new URLSearchParams({ client_id, scope: 'openid' }),
  });

test('an address is given so many codes, whichever devices it speaks for, and is then told when to come again', async () => {
  const answers = await Promise.all(['tv', 'radio', 'tv', 'radio', 'tv'].map(start));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
  const refused = answers.find(({ status }) => status === 429)!;
  expect(refused.headers.get('retry-after')).toBe('600');
  expect(await refused.json()).toMatchObject({ error: 'slow_down' });
  // What was refused left no request behind, and no line in the record.
  expect(house.events.filter(({ type }) => type === 'device.started')).toHaveLength(3);
  expect(house.kv.added.filter(({ key }) => key.startsWith('ou:'))).toHaveLength(3);
});
