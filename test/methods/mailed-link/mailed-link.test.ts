import type { Credential } from '../../../src/domain/credential.ts';
import type { Challenge, Subject } from '../../../src/domain/method.ts';
import type { User } from '../../../src/domain/user.ts';
import { createMailedLink } from '../../../src/methods/mailed-link/mailed-link.ts';
import { ana as someone } from '../../support/people.ts';
import { KeptPost } from '../../support/post.ts';
import { subject } from '../../support/subject.ts';

const ana: User = { ...someone, email: 'ana@northfold.example', emailVerified: true };
const row: Credential = {
  ...{ id: 'c1', user: ana.id, method: 'mailed-link', label: 'Email', secret: '', data: {}, counter: -1 },
  ...{ failures: 0, disabled: false, createdAt: 0, lookup: ana.id },
};
const minute = 60_000;
const asked = subject({ user: ana, credentials: [row] });

function house() {
  const post = new KeptPost();
  const method = createMailedLink(post, 'https://id.northfold.example');
  const sent = async (challenge: Challenge) => {
    await challenge.send?.();
    return challenge;
  };
  return {
    post,
    method,
    ask: async (who: Subject = asked) => sent(await method.challenge(who)),
    again: async (who: Subject, state: string) => sent((await method.again?.(who, state)) as Challenge),
    token: () => String(post.last.data.link).split('/').at(-1) as string,
  };
}

describe('a link by email', () => {
  test('leads to the sign-in with 192 bits nobody else has, of which only a hash is kept', async () => {
    const { ask, post, token } = house();
    const { state, show } = await ask();
    expect(post.last).toMatchObject({ kind: 'mailed-link', to: ana.email, data: { minutes: 10, application: 'Wiki' } });
    expect(post.last.data.link).toMatch(/^https:\/\/id\.northfold\.example\/signin\/a-walk\/link\/[\w-]{32}$/);
    for (const kept of [state, JSON.stringify(show)]) expect(kept).not.toContain(token());
    expect(show).toMatchObject({ to: 'a•••@northfold.example', until: asked.now + 10 * minute });
  });

  test('opens registration and proves nothing', async () => {
    const { method, ask, token } = house();
    const { state } = await ask();
    expect(await method.verify(asked, state, { token: token() })).toEqual({
      ...{ kind: 'proved', credential: 'c1', standIn: { kind: 'mailed_link', method: 'mailed-link' } },
    });
    expect(method).toMatchObject({ first: false, guards: false, worth: [], registers: [] });
    expect([method.classesOf(row), method.standsIn]).toEqual([[], undefined]);
  });

  test('is wrong tampered with, after ten minutes, once the address changed, and of another sign-in', async () => {
    const { method, ask, token } = house();
    const { state } = await ask();
    const answer = { token: token() };
    const other = await ask();
    expect(await method.verify(asked, other.state, answer)).toEqual({ kind: 'wrong' });
    for (const made of ['', 'x', `${answer.token}A`, answer.token.toUpperCase(), answer.token.slice(1), 'ü'.repeat(32)])
      expect(await method.verify(asked, state, { token: made })).toEqual({ kind: 'wrong' });
    for (const who of [
      { ...asked, now: asked.now + 10 * minute },
      { ...asked, user: { ...ana, email: 'ana@elsewhere.example' } },
      { ...asked, credentials: [] },
    ])
      expect(await method.verify(who, state, answer)).toEqual({ kind: 'wrong' });
    expect(await method.verify(asked, '', answer)).toEqual({ kind: 'wrong' });
    expect(await method.verify(asked, state, {})).toEqual({ kind: 'wrong' });
  });

  test('sent again it is another one, and the earlier one that comes late works as long as it lives', async () => {
    const { method, ask, again, token, post } = house();
    const first = await ask();
    const early = token();
    const later = { ...asked, now: asked.now + 6 * minute };
    const { state } = await again(later, first.state);
    expect(token()).not.toBe(early);
    for (const one of [early, token()])
      expect(await method.verify(later, state, { token: one })).toMatchObject({ kind: 'proved' });
    const over = { ...asked, now: asked.now + 10 * minute };
    expect(await method.verify(over, state, { token: early })).toEqual({ kind: 'wrong' });
    const soon = await again({ ...later, now: later.now + minute / 2 - 1 }, state);
    expect([soon.state, post.written.length]).toEqual([state, 2]);
  });

  test("tells a link's page whether it is one that was sent, and judges nobody", async () => {
    const { method, ask, token } = house();
    const { state } = await ask();
    const is = (value: string, at = asked.now) => method.sent?.(state, { token: value }, at);
    expect([is(token()), is('another'), is(token(), asked.now + 10 * minute)]).toEqual([true, false, false]);
  });
});
