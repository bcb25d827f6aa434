import type { AuditEvent } from '../../src/audit/event.ts';
import { MailedNotices } from '../../src/authentication/notices.ts';
import type { Message, Sent } from '../../src/domain/message.ts';
import type { User } from '../../src/domain/user.ts';
import { person } from './house.ts';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const ana: User = { ...person('ana'), email: 'ana@northfold.example', emailVerified: true };
const mei: User = { ...person('mei'), email: 'mei@northfold.example' };
const tom: User = { ...ana, id: 'tom', email: 'tom@northfold.example', claims: { locale: 'de' } };

/** Who is told, and what is on record. */
function house(send: (message: Message) => Promise<Sent> = async () => 'sent') {
  const written: Message[] = [];
  const record: AuditEvent[] = [];
  const faults: unknown[] = [];
  const recorder = { record: async (event: AuditEvent) => void record.push(event) };
  const notices = new MailedNotices({
    ...{ recorder, now: () => 7, onFault: (error) => faults.push(error) },
    messenger: {
      send(message) {
        written.push(message);
        return send(message);
      },
    },
    people: { byId: async (id) => [ana, mei, tom].find((one) => one.id === id) },
    credentials: { of: async () => [{ id: 'c1', label: 'Pixel 9' }] },
    browser: () => ({ agent: firefox, languages: ['fr'] }),
  });
  const does = async (event: Partial<AuditEvent> & Pick<AuditEvent, 'type'>) => {
    await notices.recording(recorder).record({ at: 1, user: 'ana', address: '192.0.2.7', ...event });
    await notices.settled();
  };
  return { notices, written, record, faults, does };
}

const place = { agent: firefox, languages: ['fr'], address: '192.0.2.7' };

describe('what is on record of how somebody signs in is told to them', () => {
  test.each<[AuditEvent['type'], Record<string, unknown>, [string, Record<string, unknown>][]]>([
    [
      'credential.added',
      { method: 'totp', credential: 'c1' },
      [['method-added', { method: 'totp', label: 'Pixel 9' }]],
    ],
    ['credential.replaced', { method: 'recovery-code' }, [['method-added', { method: 'recovery-code' }]]],
    ['credential.replaced', { method: 'password' }, [['password-changed', { method: 'password' }]]],
    ['credential.removed', { method: 'totp', credential: 'gone' }, [['method-removed', { method: 'totp' }]]],
    [
      'credential.removed',
      { method: 'totp', credential: 'gone', label: 'Old phone' },
      [['method-removed', { method: 'totp', label: 'Old phone' }]],
    ],
    ['credential.lost', { method: 'totp', credential: 'c1' }, [['method-lost', { method: 'totp', label: 'Pixel 9' }]]],
    ['two-step.changed', { on: false }, [['two-step-changed', { on: false }]]],
    [
      'registration-link.used',
      { methods: ['password', 'totp'], by: 'user:tom' },
      [
        ['password-changed', { method: 'password' }],
        ['method-added', { method: 'totp' }],
      ],
    ],
    ['credential.unlocked', {}, []],
    ['proof.accepted', { method: 'totp' }, []],
  ])('%s %j', async (type, detail, told) => {
    const { does, written, record } = house();
    await does({ type, detail });
    expect(written.map(({ kind, to, data }) => [kind, to, data])).toEqual(
      told.map(([kind, data]) => [kind, ana.email, { ...data, place }]),
    );
    expect(record.map((event) => event.type)).toEqual([type, ...told.map(() => 'notice.sent')]);
  });

  test('an administrator is not said to be where the person is', async () => {
    const { does, written } = house();
    const by = { kind: 'user', id: 'tom', roles: ['helpdesk'] };
    await does({ type: 'credential.removed', detail: { by, method: 'totp', credential: 'c2' } });
    expect(written[0]?.data).toEqual({ method: 'totp', administrator: true });
  });

  test('but whoever changes their own by the API is', async () => {
    const { does, written } = house();
    await does({ type: 'credential.removed', detail: { by: { kind: 'user', id: 'ana' }, method: 'totp' } });
    expect(written[0]?.data).toEqual({ method: 'totp', place });
  });
});

test('the language is what is known of the person, then what the browser reads', async () => {
  const { notices, written } = house();
  notices.tell(tom, 'two-step-changed', { on: true, place: { languages: ['fr'] } });
  notices.tell(ana, 'two-step-changed', { on: true, place: { languages: ['fr'] } });
  await notices.settled();
  expect(written.map(({ languages }) => languages)).toEqual([['de', 'fr'], ['fr']]);
});

describe('who cannot be told', () => {
  test('nobody is written to at an address that was not verified, and that is on record', async () => {
    const { does, written, record } = house();
    await does({ type: 'two-step.changed', user: 'mei', detail: { on: false } });
    expect(written).toEqual([]);
    expect(record[1]).toEqual({
      ...{ type: 'notice.unsent', at: 7, user: 'mei' },
      detail: { kind: 'two-step-changed', why: 'no verified address' },
    });
  });

  test.each(['unsent', 'limited'] as const)('a mail that was %s is on record', async (sent) => {
    const { does, record } = house(async () => sent);
    await does({ type: 'two-step.changed', detail: { on: false } });
    expect(record[1]).toMatchObject({ type: 'notice.unsent', detail: { why: sent } });
  });

  test('somebody who is deleted is told nothing', async () => {
    const { does, written, faults } = house();
    await does({ type: 'credential.removed', user: 'gone', detail: { method: 'totp' } });
    expect([written, faults]).toEqual([[], []]);
  });
});

test('nobody waits for a mail server, and its faults are thrown at nobody', async () => {
  let fail: (error: Error) => void = () => undefined;
  const { notices, faults } = house(() => new Promise((_, reject) => (fail = reject)));
  notices.tell(ana, 'password-changed', {});
  expect(faults).toEqual([]);
  fail(new Error('away'));
  await notices.settled();
  expect(faults).toEqual([new Error('away')]);
});

test('a change that could not be recorded is told to nobody', async () => {
  const { notices, written } = house();
  const broken = notices.recording({ record: () => Promise.reject(new Error('no room')) });
  await expect(broken.record({ type: 'two-step.changed', at: 1, user: 'ana', detail: {} })).rejects.toThrow('no room');
  await notices.settled();
  expect(written).toEqual([]);
});
