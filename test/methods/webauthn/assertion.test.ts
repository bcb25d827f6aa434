import fc from 'fast-check';
import type { Credential } from '../../../src/domain/credential.ts';
import { createWebauthn } from '../../../src/methods/webauthn/webauthn.ts';
import { Authenticator, type Lies } from '../../support/authenticator.ts';
import { subject } from '../../support/subject.ts';
import {
  answer,
  asked,
  begin,
  mei,
  origin,
  registered,
  secrets,
  site,
  stranger,
  vouched,
  webauthn,
} from './ceremony.ts';

describe('an answer by a passkey', () => {
  let passkey: Authenticator;
  let credentials: Credential[];
  beforeAll(async () => {
    passkey = new Authenticator(origin);
    credentials = [await registered(passkey)];
  });

  test.each<[string, Lies, string]>([
    ['to another challenge', { challenge: 'AAAA' }, 'refused'],
    ['at another origin', { origin: 'https://id.northfold.example.evil.example' }, 'refused'],
    ['at another port', { origin: `${origin}:444` }, 'refused'],
    ['for another site', { rpId: 'evil.example' }, 'refused'],
    ['to a registration', { type: 'webauthn.create' }, 'refused'],
    ['within another page', { client: { crossOrigin: true } }, 'refused'],
    ['within another page, named', { client: { topOrigin: 'https://evil.example' } }, 'refused'],
    ['with nobody present', { present: false }, 'refused'],
    ['with nobody verified', { verified: false }, 'unverified'],
    ['that turned bound', { eligible: false, backedUp: false }, 'backup'],
    ['backed up and not to be', { eligible: false, backedUp: true }, 'refused'],
    ['for another person', { userHandle: 'dTI' }, 'refused'],
    ['for nobody', { userHandle: null }, 'refused'],
    ['by an id nobody has', { id: 'AAAA' }, 'unknown'],
    ['signed by another key', { signer: new Authenticator(origin).privateKey }, 'refused'],
  ])('%s is refused', async (_what, lies, reason) => {
    expect(await answer(passkey, stranger({ credentials }), lies)).toEqual({ kind: 'wrong', reason });
  });

  test('is worth nothing in another walk, nor twice in one', async () => {
    const before = stranger({ credentials });
    const response = passkey.get(await asked(before));
    expect(await webauthn.verify(before, '', { response })).toMatchObject({ kind: 'proved' });
    const later = { ...before, turn: 1 };
    const elsewhere = { ...before, place: { ...before.place, walk: 'another-walk' } };
    for (const about of [later, elsewhere])
      expect(await webauthn.verify(about, '', { response })).toEqual({ kind: 'wrong', reason: 'refused' });
  });

  test("of ana's is not mei's", async () => {
    const about = stranger({ user: mei, credentials: credentials.map((one) => ({ ...one, user: mei.id })) });
    expect(await answer(passkey, about)).toEqual({ kind: 'wrong', reason: 'refused' });
    expect(await answer(passkey, stranger({ user: mei }))).toEqual({ kind: 'wrong', reason: 'unknown' });
  });

  test('made for another name of this service is of no use, and nobody is asked for it', async () => {
    const moved = createWebauthn({ ...site, rpId: 'northfold.example' });
    const about = vouched({ credentials });
    expect(moved.classesOf(credentials[0] as Credential)).toEqual([]);
    expect((await asked(about, moved)).allowCredentials).toEqual([]);
    const response = passkey.get(await asked(about, moved));
    expect(await moved.verify(about, '', { response })).toEqual({ kind: 'wrong', reason: 'unknown' });
  });

  test('holds over a change of the secret while the older one counts', async () => {
    const about = stranger({ credentials });
    const response = passkey.get(await asked(about));
    const next = createWebauthn({ ...site, secrets: [Buffer.alloc(32, 2), ...secrets] });
    expect(await next.verify(about, '', { response })).toMatchObject({ kind: 'proved' });
    const gone = createWebauthn({ ...site, secrets: [Buffer.alloc(32, 2)] });
    expect(await gone.verify(about, '', { response })).toMatchObject({ kind: 'wrong' });
  });

  test('keeps the backup state and leaves the rest', async () => {
    const seen = await answer(passkey, stranger({ credentials }), { backedUp: false });
    expect(seen).toMatchObject({ kind: 'proved', data: { ...credentials[0]?.data, backupState: false } });
    expect(seen).not.toHaveProperty('signal');
    expect(seen).not.toHaveProperty('counter');
  });

  test('whatever it is made of never throws', async () => {
    const about = stranger({ credentials });
    const right = JSON.parse(passkey.get(await asked(about)));
    const wrong = async (response: string) => {
      expect(await webauthn.verify(about, '', { response })).toMatchObject({ kind: 'wrong' });
      const { state } = await begin();
      expect(await webauthn.confirm(state, { response }, 0)).toMatchObject({ kind: 'wrong' });
      webauthn.lookupIn?.({ response });
    };
    for (const text of ['', '{', '[]', 'null', '{"id":1}', 'x'.repeat(40_000)]) await wrong(text);
    const parts = ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...parts), fc.uint8Array({ maxLength: 80 }), async (part, bytes) => {
        const value = Buffer.from(bytes).toString('base64url');
        const attestationObject = value;
        await wrong(JSON.stringify({ ...right, response: { ...right.response, attestationObject, [part]: value } }));
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => wrong(text)),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('a key that checks nobody', () => {
  const key = () => new Authenticator(origin, { verified: false, eligible: false });

  test('is possession alone beside a password, and says so before it is asked for', async () => {
    const one = key();
    const credentials = [await registered(one)];
    expect(webauthn.classesOf(credentials[0] as Credential)).toEqual(['webauthn:presence:bound']);
    expect(await answer(one, vouched({ credentials }))).toMatchObject({
      kind: 'proved',
      evidence: { class: 'webauthn:presence:bound' },
    });
  });

  test('begins no sign-in and does not do where a verified holder is wanted', async () => {
    const one = key();
    const credentials = [await registered(one)];
    const unverified = { kind: 'wrong', reason: 'unverified' };
    expect(await answer(one, stranger({ credentials }))).toEqual(unverified);
    const wanted = ['webauthn:verification:bound'] as const;
    expect(await answer(one, vouched({ credentials, wanted }))).toEqual(unverified);
  });

  test('may keep no names where somebody is vouched for, but not the name of another', async () => {
    const one = key();
    const credentials = [await registered(one)];
    expect(await answer(one, vouched({ credentials }), { userHandle: null })).toMatchObject({ kind: 'proved' });
    expect(await answer(one, vouched({ credentials }), { userHandle: 'dTI' })).toMatchObject({ kind: 'wrong' });
  });

  // A thief who finds it gives it a PIN of his own.
  test('still checks nobody with a PIN it got later, until its person shows it beside the password', async () => {
    const one = key();
    const credentials = [await registered(one)];
    const verified = { verified: true };
    expect(await answer(one, stranger({ credentials }), verified)).toEqual({ kind: 'wrong', reason: 'unverified' });
    expect(await answer(one, vouched({ credentials, proved: [] }), verified)).toMatchObject({
      evidence: { class: 'webauthn:presence:bound' },
      data: { uvInitialized: false },
    });
    const shown = await answer(one, vouched({ credentials }), verified);
    expect(shown).toMatchObject({
      evidence: { class: 'webauthn:verification:bound' },
      data: { uvInitialized: true },
    });
    const data = 'data' in shown ? (shown.data ?? {}) : {};
    const now = credentials.map((credential) => ({ ...credential, data }));
    expect(await answer(one, stranger({ credentials: now }), verified)).toMatchObject({
      evidence: { class: 'webauthn:verification:bound' },
    });
  });
});

describe('the signature counter', () => {
  test('that goes back, or stands still, is a sign and no refusal; the highest seen stays', async () => {
    const key = new Authenticator(origin, { eligible: false, counter: 10 });
    const credentials = [await registered(key)];
    const about = stranger({ credentials });
    const forward = await answer(key, about, { counter: 12 });
    expect(forward).toMatchObject({ kind: 'proved', data: { signCount: 12 } });
    expect(forward).not.toHaveProperty('signal');
    for (const counter of [11, 3, 0]) {
      expect(await answer(key, about, { counter })).toMatchObject({
        kind: 'proved',
        signal: 'counter went back',
        data: { signCount: 11 },
      });
    }
  });
});

describe('what is asked', () => {
  test('is the same for every name until somebody is vouched for', async () => {
    const credentials = [await registered(new Authenticator(origin))];
    const options = await asked(stranger({ credentials }));
    expect(await asked(subject({ vouched: false }))).toEqual(options);
    expect(options).toMatchObject({ rpId: site.rpId, userVerification: 'required', allowCredentials: [] });
  });

  test('of somebody vouched for is theirs, verified where nothing less leads on', async () => {
    const credentials = [await registered(new Authenticator(origin))];
    const allowCredentials = [{ id: credentials[0]?.lookup, type: 'public-key', transports: ['internal', 'hybrid'] }];
    expect(await asked(vouched({ credentials }))).toMatchObject({ userVerification: 'preferred', allowCredentials });
    const wanted = ['webauthn:verification:syncable', 'webauthn:presence:syncable'] as const;
    expect(await asked(vouched({ credentials, wanted }))).toMatchObject({ userVerification: 'preferred' });
    const strict = { credentials, wanted: wanted.slice(0, 1) };
    expect(await asked(vouched(strict))).toMatchObject({ userVerification: 'required' });
  });

  test('has 256 bits nobody can tell without the secret, its own in each turn of each walk', async () => {
    const at = async (walk: string, turn: number) =>
      (await asked(subject({ place: { ...subject().place, walk }, turn }))).challenge;
    const seen = [await at('a', 0), await at('a', 1), await at('b', 0), await at('a,1', 0)];
    expect(new Set(seen).size).toBe(4);
    expect(Buffer.from(seen[0] as string, 'base64url')).toHaveLength(32);
  });
});
