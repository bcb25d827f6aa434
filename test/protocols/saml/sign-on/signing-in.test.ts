import { assuranceOf } from '../../../../src/authentication/assurance.ts';
import type { Browser } from '../../../../src/authentication/authentication.ts';
import { Sessions } from '../../../../src/authentication/sessions.ts';
import { Subjects } from '../../../../src/authentication/subjects.ts';
import type { Status } from '../../../../src/protocols/saml/messages/status.ts';
import { status } from '../../../../src/protocols/saml/names.ts';
import { optionsOf } from '../../../../src/protocols/saml/providers/options.ts';
import type { Party } from '../../../../src/protocols/saml/providers/parties.ts';
import { SigningIn, type SigningInParts } from '../../../../src/protocols/saml/sign-on/signing-in.ts';
import { MemoryKv } from '../../../../src/state/memory.ts';

const evidence = [{ class: 'password', method: 'password', at: 1 }] as const;
const user = { id: 'u1', username: 'ana', groups: [], claims: {} };
const browser = {} as Browser;
const party = {
  application: { id: 'wiki', name: 'Wiki', protocol: 'saml', thirdParty: false, settings: {}, disabled: false },
  provider: { entityId: 'https://wiki.example', nameIdFormats: [], encryptionKeys: [], entityAttributes: {} },
  options: optionsOf({}),
} as unknown as Party;

test('a session that ends while its answer is made gives no assertion: nobody would tell that application', async () => {
  const kv = new MemoryKv();
  const sessions = new Sessions(kv, { idle: 600, absolute: 600, stay: 600 });
  const { sid } = await sessions.join(undefined, { user: 'u1', shown: evidence, stay: false, agent: '', address: '' });
  let meanwhile = async () => {};
  const refusals: unknown[] = [];
  const signingIn = new SigningIn({
    entityId: 'https://id.example',
    scope: 'id.example',
    authentication: { evaluate: async () => ({ kind: 'done', outcome: { user, sid, evidence, met: [] } }) },
    assurance: assuranceOf({}, []),
    sessions,
    subjects: new Subjects(Buffer.from('k')),
    names: { find: async () => 'n', keep: async () => meanwhile().then(() => 'n') },
    parties: { byApplication: () => party, byEntityId: () => party },
    keys: { signer: () => ({ method: 'm', certificate: 'c', sign: () => 's' }) },
    now: Date.now,
    onRefused: (id: string, why: Status) => refusals.push([id, why.second]),
  } as unknown as SigningInParts);
  const ticket = { application: 'wiki', consumer: 'https://wiki.example/acs', at: 0 };
  const answer = async () => {
    const reply = await signingIn.begin(browser, ticket);
    return reply.kind === 'answer' ? String(reply.response) : reply.kind;
  };
  meanwhile = async () => void (await sessions.end(sid, 'signed out'));
  const late = await answer();
  expect(late).not.toContain('<saml:Assertion');
  expect(late).toContain('status:NoPassive');
  expect(refusals).toEqual([['wiki', status.noPassive]]);
  await kv.close();
});
