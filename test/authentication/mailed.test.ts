/** Walks with codes and links by email: what is sent, when, to whom, and how often one of them counts. */

import type { Browser } from '../../src/authentication/authentication.ts';
import { createPost } from '../../src/authentication/mailing.ts';
import type { Application } from '../../src/domain/application.ts';
import type { Ask } from '../../src/domain/ask.ts';
import type { Message, Sent } from '../../src/domain/message.ts';
import type { User } from '../../src/domain/user.ts';
import { createEmailCode } from '../../src/methods/email-code/email-code.ts';
import { createMailedLink } from '../../src/methods/mailed-link/mailed-link.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { MemoryKv } from '../../src/state/memory.ts';
import { browser, credential, type Given, house, person, plain, typed } from './house.ts';

const minute = 60_000;
const mfa: Ask = { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: true }] };

function scene(
  settings: {
    begin?: readonly string[];
    counts?: boolean;
    first?: 'password' | 'mailed-link' | 'pass';
    mailboxPassword?: boolean;
  } = {},
) {
  const { begin = ['password'], counts = false, first = 'password', mailboxPassword = false } = settings;
  const clock = { now: 1_800_000_000_000 };
  const now = () => clock.now;
  const users = new Map<string, User>([
    ['mei', { ...person('mei'), email: 'mei@northfold.example', emailVerified: true, twoStep: true }],
    ['tom', person('tom')],
  ]);
  const mails: Message[] = [];
  /** What the mail server says; a function is asked for every mail. */
  const server: { says: () => Promise<Sent> } = { says: async () => 'sent' };
  const kv = new MemoryKv({ now });
  const messenger = { send: async (message: Message) => (mails.push(message), server.says()) };
  const faults: unknown[] = [];
  const post = createPost(messenger, kv, (error) => faults.push(error));
  const password = typed('password');
  const app = typed('totp', {
    registers: ['totp'],
    register: async () => ({ state: 'new', show: {} }),
    confirm: async () => ({
      ...{ kind: 'registered', class: 'totp' },
      credential: { method: 'totp', label: 'App', secret: 'x', data: {}, counter: -1 },
    }),
  });
  const methods: Given['methods'] = [
    typed('password', {
      verify: async (...asked) => {
        const judged = await password.verify(...asked);
        return judged.kind === 'proved' && 'evidence' in judged && mailboxPassword
          ? { ...judged, evidence: { ...judged.evidence, mailbox: true } }
          : judged;
      },
    }),
    app,
    createEmailCode(post, { begins: begin.includes('email-code'), counts }),
    createMailedLink(post, 'https://id.northfold.example'),
  ];
  const held = (id: string) => [
    credential(id, 'password'),
    ...(users.get(id)?.emailVerified ? [credential(id, 'email-code'), credential(id, 'mailed-link')] : []),
  ];
  const application: Application = {
    id: 'app',
    name: 'Wiki',
    protocol: 'oidc',
    thirdParty: false,
    settings: {},
    disabled: false,
  };
  const sources = { begin, enrolment: { first, window: 86_400_000 } };
  const made = house({ methods, users, held, application: () => application, now, sources });
  const { engine, walking } = made;

  async function begun(ask: Ask, who: Browser = browser('a browser')) {
    const { path } = await engine.begin(who, ask, { asker: 'test', ticket: '' });
    clock.now += 1;
    const id = path.split('/').at(-1) as string;
    const look = () => walking.look(who, id);
    return {
      who,
      id,
      look,
      step: async () => {
        const view = await look();
        return view.kind === 'page' ? ('method' in view.step ? view.step.method : view.step.kind) : view.kind;
      },
      shown: async () => {
        const view = await look();
        return view.kind === 'page' ? view.show : {};
      },
      said: async () => {
        const view = await look();
        return view.kind === 'page' ? view.signIn.said : undefined;
      },
      answer: (answer: Record<string, string>) => walking.answer(who, id, answer),
    };
  }
  /** Mei at the page that asks for her code, or for the link. */
  async function atMail(ask = plain) {
    const walk = await begun(ask);
    await walk.answer({ username: 'mei' });
    await walk.answer({ secret: "mei's password" });
    await walk.look();
    return walk;
  }
  const last = (name: 'code' | 'link' = 'code') => String(mails.at(-1)?.data[name]);
  return { ...made, clock, users, mails, server, faults, begun, atMail, last };
}
const open: ReturnType<typeof scene>[] = [];
const opened = (settings?: Parameters<typeof scene>[0]) => {
  const made = scene(settings);
  open.push(made);
  return made;
};
afterEach(() => {
  for (const { kv } of open.splice(0)) kv.close();
});
const token = (link: string) => link.split('/').at(-1) as string;
/** Until strangers' mail has been sent. */
const until = async (done: () => boolean) => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('a code as the second step', () => {
  test('twenty pages asked for at once send one code, and looking again sends none', async () => {
    const { atMail, mails, begun } = opened();
    await atMail();
    mails.length = 0;
    const walk = await begun(plain, browser('another browser'));
    await walk.answer({ username: 'mei' });
    await walk.answer({ secret: "mei's password" });
    const shown = await Promise.all(Array.from({ length: 20 }, () => walk.shown()));
    expect(mails).toHaveLength(1);
    expect(new Set(shown.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  test('twenty right answers at once are one', async () => {
    const { atMail, last, record } = opened();
    const walk = await atMail();
    await Promise.all(Array.from({ length: 20 }, () => walk.answer({ code: last() })));
    expect(await walk.step()).toBe('go');
    const accepted = record.filter(({ type }) => type === 'proof.accepted');
    expect(accepted.map(({ detail }) => detail)).toMatchObject([
      { method: 'password', class: 'password' },
      { method: 'email-code', standIn: 'email_code' },
    ]);
    expect(accepted).toHaveLength(2);
  });

  test('wrong answers do not burn it, and one of another sign-in is wrong', async () => {
    const { atMail, last } = opened();
    const theirs = await atMail();
    const code = last();
    const walk = await atMail();
    if (code !== last()) {
      await walk.answer({ code });
      expect(await walk.said()).toMatchObject({ kind: 'wrong', method: 'email-code' });
    }
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe('go');
    await theirs.answer({ code });
    expect(await theirs.step()).toBe('go');
  });

  test('a code that was used, or is ten minutes old, is wrong', async () => {
    const { atMail, last, clock, begun } = opened();
    const walk = await atMail();
    const code = last();
    clock.now += 10 * minute;
    await walk.answer({ code });
    expect(await walk.said()).toMatchObject({ kind: 'wrong' });
    await walk.answer({ do: 'again' });
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe('go');
    const next = await begun({ ...plain, after: clock.now }, walk.who);
    await next.answer({ secret: "mei's password" });
    await next.look();
    const used = code === last() ? '' : code;
    await next.answer({ code: used });
    expect(await next.step()).toBe('email-code');
  });

  test('one sent to an address that has changed since is wrong, and the next goes to the new one', async () => {
    const { atMail, last, users, mails, clock } = opened();
    const walk = await atMail();
    users.set('mei', { ...(users.get('mei') as User), email: 'mei@elsewhere.example' });
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe('email-code');
    clock.now += minute;
    await walk.answer({ do: 'again' });
    expect(mails.at(-1)?.to).toBe('mei@elsewhere.example');
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe('go');
  });

  test('asked for again it is sent again after half a minute, once however often the button is pressed', async () => {
    const { atMail, mails, last, clock } = opened();
    const walk = await atMail();
    const code = last();
    await walk.answer({ do: 'again' });
    expect(mails).toHaveLength(1);
    expect(await walk.shown()).toMatchObject({ againAt: clock.now + minute / 2 });
    clock.now += minute / 2;
    await Promise.all(Array.from({ length: 20 }, () => walk.answer({ do: 'again' })));
    expect([mails.length, last()]).toEqual([2, code]);
    await walk.answer({ code });
    expect(await walk.step()).toBe('go');
  });

  test('no sign-in sends more than six, whichever way they are asked for, and the page says so', async () => {
    const { atMail, mails, clock } = opened();
    const walk = await atMail();
    for (let i = 0; i < 10; i++) {
      clock.now += minute / 2;
      await walk.answer({ do: 'again' });
    }
    expect(mails).toHaveLength(6);
    expect(await walk.shown()).toMatchObject({ trouble: 'limited' });
  });

  test.each([
    ['does not take it', async () => 'unsent' as const, 'unsent'],
    ['has taken enough for this mailbox today', async () => 'limited' as const, 'limited'],
    ['is a fault of ours', () => Promise.reject(new Error('a fault')), 'unsent'],
  ])('where the mail server %s, the page says so at once and keeps saying it', async (_what, says, trouble) => {
    const { atMail, server } = opened();
    server.says = says;
    const walk = await atMail();
    for (let i = 0; i < 2; i++) expect(await walk.shown()).toMatchObject({ trouble, to: 'm•••@northfold.example' });
  });

  test.each([
    ['by itself a code stands in', {}, plain, 'go', ['password'], { stoodIn: 'email_code' }],
    ['where it counts it is a factor', { counts: true }, plain, 'go', ['password', 'email-code'], {}],
    ['where it counts an application that wants two factors gets them', { counts: true }, mfa, 'go', undefined, {}],
  ] as const)('%s, and the record says what it was', async (_what, settings, ask, end, proved, required) => {
    const { atMail, last, engine, record } = opened(settings);
    const walk = await atMail(ask);
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe(end);
    expect(await engine.evaluate(walk.who, ask)).toMatchObject({ kind: 'done' });
    const { detail } = record.findLast(({ type }) => type === 'sign-in') as { detail: Record<string, unknown> };
    if (proved) expect((detail.proved as [string][]).map(([name]) => name)).toEqual(proved);
    expect(detail.required).toEqual([{ strength: 'mfa', policies: ['two-step'], ...required }]);
  });

  test.each([
    ['an application wants two factors', {}, mfa],
    ['the sign-in is forced', {}, { ...plain, unaided: true as const }],
    ['the password came through the same mailbox', { mailboxPassword: true }, plain],
    ['the password came through it, and a code counts', { mailboxPassword: true, counts: true }, plain],
  ])('it is not asked for where %s: another factor is set up', async (_what, settings, ask) => {
    const { atMail, mails } = opened(settings);
    const walk = await atMail(ask);
    const view = await walk.look();
    expect(view).toMatchObject({ step: { kind: 'register', method: 'totp', others: [] } });
    await walk.answer({ method: 'email-code' });
    expect([await walk.step(), mails]).toEqual(['totp', []]);
  });
});

describe('a code to begin with', () => {
  const begin = ['email-code', 'password'];

  test.each([
    ['counting for nothing', {}, 'email-code:uncounted'],
    ['counting', { counts: true }, 'email-code'],
  ])('%s it is evidence of the mailbox, and is never asked for a second time (E4)', async (_what, settings, name) => {
    const { begun, mails, last, clock } = opened({ begin, ...settings });
    const walk = await begun(plain);
    await walk.answer({ username: 'mei' });
    await walk.look();
    await until(() => mails.length > 0);
    await walk.answer({ code: last() });
    // Two-step sign-in is on: whatever comes now, it is not the mailbox.
    const view = await walk.look();
    expect(view).toMatchObject({ facts: { evidence: [{ class: name, mailbox: true }] } });
    expect(view.kind === 'page' && view.facts.holdings.map(({ option }) => option.method)).toEqual(['password']);
    clock.now += minute;
    await walk.answer({ method: 'email-code' });
    expect(await walk.step()).not.toBe('email-code');
    expect(mails).toHaveLength(1);
  });

  test('nothing tells a name from one nobody has: page, words, and what a code typed there comes to', async () => {
    const { begun, mails, server } = opened({ begin });
    // Whatever the mail server does, and however long it takes.
    server.says = () => new Promise(() => {});
    const pages: unknown[] = [];
    for (const username of ['mei', 'tom', 'nobody']) {
      const walk = await begun(plain, browser(username));
      await walk.answer({ username });
      const shown = await walk.shown();
      await walk.answer({ code: '0000000' });
      const view = await walk.look();
      pages.push({
        shown: Object.keys(shown),
        step: view.kind === 'page' && view.step,
        said: view.kind === 'page' && view.signIn.said,
      });
    }
    expect(pages).toEqual([pages[0], pages[0], pages[0]]);
    await until(() => mails.length > 0);
    expect(mails.map(({ to }) => to)).toEqual(['mei@northfold.example']);
  });

  test('a failure is told to nobody', async () => {
    const { begun, mails, server, faults } = opened({ begin });
    server.says = () => Promise.reject(new Error('a fault'));
    const walk = await begun(plain);
    await walk.answer({ username: 'mei' });
    await walk.look();
    await until(() => mails.length > 0);
    expect(Object.keys(await walk.shown())).toEqual(['sentAt', 'againAt', 'until']);
    expect(faults).toHaveLength(1);
  });

  test('strangers have six sent to a mailbox in an hour, and its owner has codes sent after that', async () => {
    const { begun, atMail, mails, last } = opened({ begin: ['password', 'email-code'] });
    for (let i = 0; i < 9; i++) {
      const walk = await begun(plain, browser(`browser ${i}`));
      await walk.answer({ username: 'mei' });
      await walk.answer({ method: 'email-code' });
      await walk.look();
      if (i < 6) await until(() => mails.length > i);
    }
    const walk = await atMail();
    // Told apart, so that a day's messages are not used up for its owner either.
    expect(mails.map(({ stranger }) => stranger ?? false)).toEqual([...Array(6).fill(true), false]);
    await walk.answer({ code: last() });
    expect(await walk.step()).toBe('go');
  });
});

describe('a link', () => {
  const settings = { first: 'mailed-link' } as const;
  const atLink = async (scene_: ReturnType<typeof scene>) => {
    const walk = await scene_.atMail(mfa);
    expect(await walk.step()).toBe('mailed-link');
    return walk;
  };

  test('opens the registration of the first second factor, and only in the browser that asked for it', async () => {
    const scene_ = opened(settings);
    const { last, walking, mails } = scene_;
    const walk = await atLink(scene_);
    expect(mails).toMatchObject([{ kind: 'mailed-link', to: 'mei@northfold.example', data: { application: 'Wiki' } }]);
    const answer = { token: token(last('link')) };
    const thief = browser('another browser');
    expect(await walking.linked(thief, walk.id, answer)).toMatchObject({ kind: 'elsewhere', agent: 'Firefox' });
    expect(await walking.answer(thief, walk.id, answer)).toBe(false);
    // A page that is only looked at changes nothing.
    for (let i = 0; i < 3; i++)
      expect(await walking.linked(walk.who, walk.id, answer)).toMatchObject({
        kind: 'here',
        step: 'prove:mailed-link',
      });
    expect(await walk.step()).toBe('mailed-link');
    await walk.answer(answer);
    expect(await walk.look()).toMatchObject({ step: { kind: 'register', method: 'totp' } });
  });

  test('is no use a second time, of another sign-in, or tampered with', async () => {
    const scene_ = opened(settings);
    const { last, walking } = scene_;
    const one = await atLink(scene_);
    const first = { token: token(last('link')) };
    const two = await atLink(scene_);
    const second = { token: token(last('link')) };
    for (const wrong of [first, { token: `${second.token}x` }, { token: '' }]) {
      expect(await walking.linked(two.who, two.id, wrong)).toEqual({ kind: 'over' });
      await two.answer(wrong);
      expect(await two.step()).toBe('mailed-link');
    }
    await Promise.all(Array.from({ length: 20 }, () => one.answer(first)));
    expect(scene_.record.filter(({ detail }) => detail?.standIn === 'mailed_link')).toHaveLength(1);
    expect(await walking.linked(one.who, one.id, first)).toEqual({ kind: 'over' });
  });

  test('is over when the sign-in ended, when it is ten minutes old, and when there is no such sign-in', async () => {
    const scene_ = opened(settings);
    const { last, walking, clock } = scene_;
    const walk = await atLink(scene_);
    const answer = { token: token(last('link')) };
    expect(await walking.linked(walk.who, 'no-such-sign-in', answer)).toEqual({ kind: 'over' });
    clock.now += 10 * minute;
    expect(await walking.linked(walk.who, walk.id, answer)).toEqual({ kind: 'over' });
    await walk.answer(answer);
    expect(await walk.step()).toBe('mailed-link');
    await walk.answer({ do: 'again' });
    const next = { token: token(last('link')) };
    expect(await walking.linked(walk.who, walk.id, next)).toMatchObject({ kind: 'here' });
    await walk.answer({ do: 'cancel' });
    expect(await walking.linked(walk.who, walk.id, next)).toEqual({ kind: 'over' });
    await walk.answer(next);
    expect(await walk.step()).toBe('go');
  });
});
