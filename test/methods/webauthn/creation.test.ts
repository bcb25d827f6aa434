import { Authenticator, type Lies } from '../../support/authenticator.ts';
import { answer, begin, origin, person, registered, site, stranger, webauthn } from './ceremony.ts';

describe('registering', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'takes a passkey with a key for %s, which then signs ana in',
    async (kind) => {
      const authenticator = new Authenticator(origin, { kind });
      const credentials = [await registered(authenticator)];
      expect(await answer(authenticator, stranger({ credentials }))).toMatchObject({
        kind: 'proved',
        evidence: { class: 'webauthn:verification:syncable', method: 'webauthn' },
        credential: credentials[0]?.id,
      });
    },
  );

  test('keeps what later answers are held against, and the key apart from it', async () => {
    const authenticator = new Authenticator(origin, { eligible: false, counter: 6 });
    const { credential } = { credential: await registered(authenticator) };
    expect(credential).toMatchObject({ method: 'webauthn', lookup: authenticator.id, label: 'Security key' });
    expect(credential.data).toEqual({
      rpId: site.rpId,
      transports: ['usb'],
      backupEligible: false,
      backupState: false,
      aaguid: '00000000-0000-0000-0000-000000000000',
      uvInitialized: true,
      signCount: 7,
      attested: false,
    });
    expect(JSON.stringify(credential.data)).not.toContain(credential.secret);
  });

  test.each([
    [{}, 'webauthn:verification:syncable'],
    [{ verified: false }, 'webauthn:presence:syncable'],
    [{ eligible: false }, 'webauthn:verification:bound'],
    [{ eligible: false, verified: false }, 'webauthn:presence:bound'],
  ])('of %j is worth %s', async (made, name) => {
    const { state, options } = await begin();
    const done = await webauthn.confirm(state, { response: new Authenticator(origin, made).create(options) }, 0);
    expect(done).toMatchObject({ kind: 'registered', class: name });
  });

  test('takes the name its person gives it, cut where pages would break', async () => {
    const { state, options } = await begin();
    const response = new Authenticator(origin).create(options);
    const named = (label: string) => webauthn.confirm(state, { response, label }, 0);
    expect(await named('  Pixel 9 ')).toMatchObject({ credential: { label: 'Pixel 9' } });
    expect(await named(' ')).toMatchObject({ credential: { label: 'Passkey' } });
    expect(await named('x'.repeat(500))).toMatchObject({ credential: { label: 'x'.repeat(64) } });
  });

  test('asks browsers to leave out what there is, and tells them nothing of ana but her names', async () => {
    const held = await registered(new Authenticator(origin));
    const { options } = await begin([held]);
    expect(options).toMatchObject({
      rp: { id: site.rpId, name: 'Stile' },
      user: { id: Buffer.from('u1').toString('base64url'), name: 'ana', displayName: 'Ana Silva' },
      excludeCredentials: [{ id: held.lookup, type: 'public-key', transports: ['internal', 'hybrid'] }],
      attestation: 'none',
    });
  });

  test('keeps its challenge over a reload and has another the next time', async () => {
    const first = await webauthn.register(person());
    expect(await webauthn.register(person(), first.state)).toEqual(first);
    expect((await webauthn.register(person())).state).not.toBe(first.state);
    expect((await webauthn.register(person(), 'not ours')).state).not.toBe(first.state);
  });

  test.each<[string, Lies]>([
    ['another challenge', { challenge: 'AAAA' }],
    ['another origin', { origin: 'https://id.northfold.example.evil.example' }],
    ['another site', { rpId: 'evil.example' }],
    ['an answer to a sign-in', { type: 'webauthn.get' }],
    ['a page within another', { client: { crossOrigin: true } }],
    ['a page within another, named', { client: { crossOrigin: true, topOrigin: 'https://evil.example' } }],
    ['nobody present', { present: false }],
    ['a backup of what cannot be backed up', { eligible: false, backedUp: true }],
    ['a key of a kind not asked for', { algorithm: -35 }],
    ['a credential id too long', { id: Buffer.alloc(1024, 7).toString('base64url') }],
  ])('refuses %s', async (_what, lies) => {
    const { state, options } = await begin();
    const response = new Authenticator(origin).create(options, lies);
    expect(await webauthn.confirm(state, { response }, 0)).toMatchObject({ kind: 'wrong' });
  });

  test('refuses an id beside the answer that is not the one inside', async () => {
    const { state, options } = await begin();
    const response = JSON.parse(new Authenticator(origin).create(options));
    const other = JSON.stringify({ ...response, id: 'bWVp', rawId: 'bWVp' });
    expect(await webauthn.confirm(state, { response: other }, 0)).toEqual({ kind: 'wrong', reason: 'refused' });
  });
});
