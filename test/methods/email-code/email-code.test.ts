import type { Credential } from '../../../src/domain/credential.ts';
import type { Challenge, Subject } from '../../../src/domain/method.ts';
import type { User } from '../../../src/domain/user.ts';
import { createEmailCode } from '../../../src/methods/email-code/email-code.ts';
import { ana as someone } from '../../support/people.ts';
import { KeptPost } from '../../support/post.ts';
import { subject } from '../../support/subject.ts';

const ana: User = { ...someone, email: 'ana@northfold.example', emailVerified: true };
const row: Credential = {
  ...{ id: 'c1', user: ana.id, method: 'email-code', label: 'Email', secret: '', data: {}, counter: -1 },
  ...{ failures: 0, disabled: false, createdAt: 0, lookup: ana.id },
};
const minute = 60_000;
const asked = subject({ user: ana, credentials: [row] });
const stranger = { ...asked, vouched: false };

function house(settings: { begins?: boolean; counts?: boolean } = {}) {
  const post = new KeptPost();
  const method = createEmailCode(post, { begins: false, counts: false, ...settings });
  return {
    post,
    method,
    ask: async (who: Subject = asked) => {
      const challenge = await method.challenge(who);
      await challenge.send?.();
      return challenge;
    },
    again: async (who: Subject, state: string) => {
      const challenge = (await method.again?.(who, state)) as Challenge;
      await challenge.send?.();
      return challenge;
    },
    code: () => String(post.last.data.code),
  };
}

describe('a code by email', () => {
  test('is six digits, sent to the verified address with what the sign-in is about', async () => {
    const { ask, post, code } = house();
    const { show } = await ask();
    expect(code()).toMatch(/^\d{6}$/);
    expect(post.written).toEqual([
      {
        kind: 'email-code',
        to: 'ana@northfold.example',
        data: { code: code(), minutes: 10, application: 'Wiki', place: asked.place },
      },
    ]);
    expect(show).toEqual({
      to: 'a•••@northfold.example',
      sentAt: asked.now,
      againAt: asked.now + minute / 2,
      until: asked.now + 10 * minute,
    });
    expect(JSON.stringify(show)).not.toContain(code());
  });

  test.each([
    ['for somebody vouched for it stands in', { begins: true }, asked, [], { standIn: { kind: 'email_code' } }],
    ['to begin with it is evidence that counts for no factor', { begins: true }, stranger, [], 'email-code:uncounted'],
    [
      'it is evidence for somebody vouched for where any one proof is wanted',
      { begins: true },
      asked,
      ['email-code:uncounted'],
      'email-code:uncounted',
    ],
    ['under `factor` it is a factor', { counts: true }, asked, [], 'email-code'],
    ['under `factor` it is one to begin with too', { counts: true, begins: true }, stranger, [], 'email-code'],
  ] as const)('%s', async (_what, settings, who, wanted, worth) => {
    const { method, ask, code } = house(settings);
    const { state } = await ask({ ...who, wanted });
    const proof =
      typeof worth === 'string'
        ? { evidence: { class: worth, method: 'email-code', mailbox: true } }
        : { standIn: { ...worth.standIn, method: 'email-code' } };
    expect(await method.verify(who, state, { code: code() })).toEqual({ kind: 'proved', credential: 'c1', ...proof });
  });

  test.each([
    ['not first, not counted', {}, [], 'email_code'],
    ['first, not counted', { begins: true }, ['email-code:uncounted'], 'email_code'],
    ['counted', { counts: true }, ['email-code'], undefined],
  ] as const)('says beforehand what it is worth: %s', (_what, settings, classes, standsIn) => {
    const { method } = house(settings);
    expect([method.worth, method.classesOf(row), method.standsIn]).toEqual([classes, classes, standsIn]);
    expect(method).toMatchObject({ guards: false, mailbox: true, registers: [] });
  });

  test.each([
    ['in two groups', (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)}\n`],
    ['with dashes of any kind', (code: string) => `${code.slice(0, 2)}-${code.slice(2, 4)}–${code.slice(4)}`],
    ['with marks nobody sees', (code: string) => `\u200e${code}\u200b`],
    ['in Arabic-Indic digits', (code: string) => code.replace(/\d/g, (d) => '٠١٢٣٤٥٦٧٨٩'[Number(d)] as string)],
    ['in Persian digits', (code: string) => code.replace(/\d/g, (d) => '۰۱۲۳۴۵۶۷۸۹'[Number(d)] as string)],
    ['in Devanagari digits', (code: string) => code.replace(/\d/g, (d) => '०१२३४५६७८९'[Number(d)] as string)],
    ['in full width', (code: string) => code.replace(/\d/g, (d) => '０１２３４５６７８９'[Number(d)] as string)],
  ])('is taken %s', async (_how, typed) => {
    const { method, ask, code } = house();
    const { state } = await ask();
    expect(await method.verify(asked, state, { code: typed(code()) })).toMatchObject({ kind: 'proved' });
  });

  test('is wrong after ten minutes, for another address, without a row that may be tried, and without a challenge', async () => {
    const { method, ask, code } = house();
    const { state } = await ask();
    const answer = { code: code() };
    const moved = { ...ana, email: 'ana@elsewhere.example' };
    for (const who of [
      { ...asked, now: asked.now + 10 * minute },
      { ...asked, user: moved },
      { ...asked, user: { ...ana, emailVerified: false } },
      { ...asked, credentials: [] },
    ])
      expect(await method.verify(who, state, answer)).toEqual({ kind: 'wrong' });
    expect(await method.verify(asked, '', answer)).toEqual({ kind: 'wrong' });
    expect(await method.verify({ ...asked, now: asked.now + 10 * minute - 1 }, state, answer)).toMatchObject({
      kind: 'proved',
    });
  });

  test('nothing else is right', async () => {
    const { method, ask, code } = house();
    const { state } = await ask();
    const other = String((Number(code()) + 1) % 1_000_000).padStart(6, '0');
    for (const typed of [
      other,
      '',
      code().slice(1),
      `${code()}0`,
      `1${code()}`,
      'six digits',
      '٠',
      '\u{1d7ce}'.repeat(6),
    ])
      expect([typed, await method.verify(asked, state, { code: typed })]).toEqual([typed, { kind: 'wrong' }]);
    expect(await method.verify(asked, state, {})).toEqual({ kind: 'wrong' });
  });

  test('sent again it is the same while it lives, and another one afterwards', async () => {
    const { method, ask, again, code, post } = house();
    const { state } = await ask();
    const [first, later] = [code(), { ...asked, now: asked.now + 9 * minute }];
    const second = await again(later, state);
    expect([code(), post.last.data.minutes, post.written.length]).toEqual([first, 1, 2]);
    expect(second.show).toMatchObject({ sentAt: later.now, until: asked.now + 10 * minute, resent: true });
    const over = { ...asked, now: asked.now + 11 * minute };
    const third = await again(over, second.state);
    expect(third.show).toMatchObject({ sentAt: over.now, until: over.now + 10 * minute });
    expect(await method.verify(over, third.state, { code: code() })).toMatchObject({ kind: 'proved' });
    expect(await method.verify(over, third.state, { code: first })).toMatchObject(
      first === code() ? {} : { kind: 'wrong' },
    );
  });

  test('asked for again within half a minute, nothing is sent and the page says when', async () => {
    const { ask, again, post } = house();
    const { state } = await ask();
    const soon = await again({ ...asked, now: asked.now + minute / 2 - 1 }, state);
    expect([soon.state, soon.show.againAt, post.written.length]).toEqual([state, asked.now + minute / 2, 1]);
  });

  test('before anybody is vouched for the page is the same for every name, and nothing is sent for nobody', async () => {
    const { method, post, ask, code } = house({ begins: true });
    const known = await ask(stranger);
    const sent = code();
    const others = [undefined, { ...ana, emailVerified: false }, someone];
    for (const user of others) {
      const { user: _, ...nobody } = stranger;
      const who: Subject = { ...nobody, credentials: [], ...(user ? { user } : {}) };
      const challenge = await ask(who);
      expect(challenge.show).toEqual(known.show);
      expect(await method.verify(who, challenge.state, { code: sent })).toEqual({ kind: 'wrong' });
      const { code: made } = JSON.parse(challenge.state);
      expect(await method.verify(who, challenge.state, { code: made })).toEqual({ kind: 'wrong' });
    }
    expect(post.written).toHaveLength(1);
  });

  test('whoever has a verified address has it, in one row whatever the address is', () => {
    const { method } = house();
    expect(method.implied?.(ana)).toEqual({
      ...{ method: 'email-code', label: 'Email', secret: '', data: {}, counter: -1, lookup: ana.id },
    });
    for (const user of [someone, { ...ana, emailVerified: false }, { ...someone, emailVerified: true }])
      expect(method.implied?.(user)).toBeUndefined();
  });
});
