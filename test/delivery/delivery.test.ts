import { join } from 'node:path';
import { type DeliveryParts, deliveryBy } from '../../src/delivery/messenger.ts';
import { type MailServer, smtp } from '../../src/delivery/smtp.ts';
import type { Message } from '../../src/domain/message.ts';
import { letters } from '../../src/web/letters.ts';
import { words } from '../../src/web/words.ts';
import { Office } from '../support/certificates.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';

const root = join(import.meta.dirname, '../..');
const office = new Office();
const authority = office.authority('/CN=Mail authority');
const certificate = office.issue('/CN=mail', { by: authority, extensions: ['subjectAltName=IP:127.0.0.1'] });
const write = letters({
  ...{ words: words(join(root, 'locales'), false), dir: join(root, 'views'), brand: { name: 'Northfold' } },
  ...{ issuer: 'https://id.northfold.example', language: 'en', now: () => Date.UTC(2026, 4, 14, 9, 47) },
});
const place = {
  ...{ application: 'Wiki', address: '192.0.2.7', languages: [] },
  agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
};
const code: Message = {
  kind: 'email-code',
  to: 'ana@northfold.example',
  languages: ['en'],
  data: { code: '123456', minutes: 10, application: 'Wiki', place },
};

const opened: { stop(): Promise<void> }[] = [];
const logged: string[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
  logged.splice(0);
});
afterAll(() => office.close());

const mailbox = async (...options: Parameters<typeof openMailbox>): Promise<TestMailbox> => {
  const box = await openMailbox(...options);
  opened.push(box);
  return box;
};

/** Writes to that server. */
function delivery(
  to: Pick<TestMailbox, 'host' | 'port'>,
  more: Partial<MailServer> = {},
  parts: Partial<DeliveryParts> = {},
) {
  const counts = new Map<string, number>();
  const carrier = smtp({
    ...{ host: to.host, port: to.port, tls: 'none', ca: undefined, login: undefined },
    ...{ from: { name: 'Northfold', address: 'stile@northfold.example' }, replyTo: undefined, timeout: 5000 },
    ...more,
  });
  opened.unshift({ stop: async () => carrier.close() });
  const note = (about: object, said: string) => {
    const { err, ...rest } = about as { err?: Error };
    logged.push(JSON.stringify({ ...rest, ...(err ? { err: err.message } : {}), said }));
  };
  return deliveryBy({
    ...{ carrier, write, daily: 50, timeout: 5000, log: { warn: note, error: note } },
    async count(address, sort) {
      const key = `${sort} ${address}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return counts.get(key) as number;
    },
    ...parts,
  });
}

test('a code arrives as text and as HTML, grouped, with where it was asked for, from us and for nobody to answer', async () => {
  const box = await mailbox();
  const { sent, answer } = await delivery(box, { replyTo: { address: 'desk@northfold.example' } }).deliver(code);
  expect([sent, answer.slice(0, 3)]).toEqual(['sent', '250']);
  const mail = await box.next('ana@northfold.example');
  expect(mail).toMatchObject({
    ...{ subject: 'Your code for Wiki', code: '123456', recipients: ['ana@northfold.example'] },
    from: { name: 'Northfold', address: 'stile@northfold.example' },
    replyTo: [{ address: 'desk@northfold.example' }],
  });
  for (const said of ['123 456', 'Firefox on Linux', '192.0.2.7', '10 minutes', '14 May 2026, 09:47 UTC']) {
    expect(mail.text).toContain(said);
    expect(mail.html).toContain(said);
  }
  const headers = Object.fromEntries(mail.headers.map(({ key, value }) => [key, value]));
  expect(headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'content-language': 'en' });
  expect(headers['message-id']).toMatch(/^<[^@]+@northfold\.example>$/);
  expect(Number.isNaN(Date.parse(headers.date as string))).toBe(false);
  expect(headers['content-type']).toMatch(/^multipart\/alternative/);
});

describe('TLS', () => {
  test('by STARTTLS, with the authority named, and the login only then', async () => {
    const auth = { user: 'stile', password: 'wall' };
    const box = await mailbox({ tls: certificate, auth });
    const mail = delivery(box, { tls: 'starttls', ca: authority.cert, login: auth });
    expect(await mail.send(code)).toBe('sent');
    expect(await box.next(code.to)).toMatchObject({ secure: true, user: 'stile' });
  });

  test('from the first byte', async () => {
    const box = await mailbox({ tls: { ...certificate, implicit: true } });
    expect(await delivery(box, { tls: 'implicit', ca: authority.cert }).send(code)).toBe('sent');
    expect((await box.next(code.to)).secure).toBe(true);
  });

  test.each([
    ['a server that offers no STARTTLS', {}, { tls: 'starttls' as const }],
    ['a certificate nobody vouches for', { tls: certificate }, { tls: 'starttls' as const }],
    [
      'such a certificate from the first byte',
      { tls: { ...certificate, implicit: true } },
      { tls: 'implicit' as const },
    ],
  ])('no letter goes to %s', async (_what, server, client) => {
    const box = await mailbox(server);
    expect(await delivery(box, client).send(code)).toBe('unsent');
    expect(box.mails).toEqual([]);
    expect(logged).toEqual([expect.stringContaining('"kind":"email-code"')]);
  });
});

describe('a failure is told at once, and its line has neither code nor address nor password', () => {
  const auth = { user: 'stile', password: 'wall' };
  test.each([
    ['the recipient is refused', {}, 'refuses', undefined, { code: 'EENVELOPE', reply: 550 }, /nobody here/],
    ['the server is busy', {}, 'busy', undefined, { code: 'EMESSAGE', reply: 451 }, /try again later/i],
    [
      'the password is not right',
      { auth },
      'takes',
      { ...auth, password: 'fence' },
      { code: 'EAUTH', reply: 535 },
      /not the password/,
    ],
  ] as const)('%s', async (_what, server, mood, login, line, answer) => {
    const box = await mailbox(server);
    box.mood = mood;
    const { sent, answer: said } = await delivery(box, { login }).deliver(code);
    expect(sent).toBe('unsent');
    expect(said).toMatch(answer);
    expect(logged.map((one) => JSON.parse(one))).toEqual([
      { kind: 'email-code', ...line, said: 'a mail was not sent' },
    ]);
    expect(logged.join()).not.toMatch(/123|ana@|fence|wall/);
  });

  test('the server is away', async () => {
    const box = await openMailbox();
    await box.stop();
    expect(await delivery(box).send(code)).toBe('unsent');
  });

  test('the server takes the letter and never answers: nobody waits longer than said, and it is given up', async () => {
    const box = await mailbox();
    box.mood = 'silent';
    const mail = delivery(box, {}, { timeout: 100 });
    expect(await mail.send(code)).toBe('unsent');
    box.mood = 'takes';
    expect(await delivery(box).send({ ...code, to: 'mei@northfold.example' })).toBe('sent');
    expect(box.mails.map(({ recipients }) => recipients)).toEqual([['mei@northfold.example']]);
  });

  test('the count cannot be kept, or the words are not there: that is told too, and thrown at nobody', async () => {
    const box = await mailbox();
    const count = () => Promise.reject(new Error('Redis is away'));
    expect(await delivery(box, {}, { count }).send(code)).toBe('unsent');
    const broken = () => {
      throw new Error('no words');
    };
    expect(await delivery(box, {}, { write: broken }).send(code)).toBe('unsent');
    expect(box.mails).toEqual([]);
  });
});

describe('one mailbox a day', () => {
  test('gets so many, whichever letters its name is written in', async () => {
    const box = await mailbox();
    const mail = delivery(box, {}, { daily: 2 });
    const send = (to: string) => mail.send({ ...code, to });
    expect([await send('ana@northfold.example'), await send('Ana@Northfold.example')]).toEqual(['sent', 'sent']);
    expect(await send('ANA@northfold.example')).toBe('limited');
    expect(await send('mei@northfold.example')).toBe('sent');
    expect(box.mails).toHaveLength(3);
  });

  test('asking for codes keeps no word of a change away', async () => {
    const box = await mailbox();
    const mail = delivery(box, {}, { daily: 1 });
    expect([await mail.send(code), await mail.send(code)]).toEqual(['sent', 'limited']);
    expect(await mail.send({ ...code, kind: 'password-changed', data: { place } })).toBe('sent');
  });

  test('what strangers ask for, by typing a name alone, keeps no code from its owner', async () => {
    const box = await mailbox();
    const mail = delivery(box, {}, { daily: 1 });
    const stranger = { ...code, stranger: true as const };
    expect([await mail.send(stranger), await mail.send(stranger), await mail.send(code)]).toEqual([
      ...['sent', 'limited', 'sent'],
    ]);
  });
});

describe('nothing a person is called gets into headers or to others', () => {
  test.each([
    'ana@northfold.example\r\nBcc: eve@evil.example',
    'ana@northfold.example, eve@evil.example',
    '<eve@evil.example> ana@northfold.example',
    '"eve@evil.example" @northfold.example',
    '"a\\"b"@northfold.example',
    'ana@northfold.example>\r\nRCPT TO:<eve@evil.example',
    'ana @northfold.example',
    'ana@northfold..example',
    '@northfold.example',
    'ana@',
    `${'a'.repeat(65)}@northfold.example`,
    'ana\u0000@northfold.example',
    '',
  ])('no letter goes to %j', async (to) => {
    const box = await mailbox();
    expect(await delivery(box).send({ ...code, to })).toBe('unsent');
    expect(box.mails).toEqual([]);
  });

  test.each(["o'hara+wall@northfold.example", 'ana@bücher.example', 'root@localhost'])(
    'but one goes to %s',
    async (to) => {
      const box = await mailbox();
      expect(await delivery(box).send({ ...code, to })).toBe('sent');
      expect(box.mails).toHaveLength(1);
    },
  );

  test('an application with a line break in its name stays one line of the subject and the text', async () => {
    const box = await mailbox();
    const application = 'Wiki\r\nBcc: eve@evil.example\r\n\r\nCall +1 555 0100';
    await delivery(box).send({ ...code, data: { ...code.data, application } });
    const mail = await box.next(code.to);
    expect(mail.recipients).toEqual([code.to]);
    expect(mail.bcc).toBeUndefined();
    expect(mail.subject).toBe('Your code for Wiki Bcc: eve@evil.example Call +1 555 0100');
    expect(mail.text).not.toMatch(/^Call/m);
  });
});
