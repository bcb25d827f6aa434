import { enrolmentOf } from '../../src/authentication/enrolment.ts';
import { mailProblems, mailSchema } from '../../src/config/mail.ts';
import { person } from '../authentication/house.ts';

const from = 'stile@example.com';

test.each<[object, RegExp]>([
  [{ url: 'smtp://a@mail.example.com', password: 'x', password_file: 'y' }, /stands beside password: keep one/],
  [{ url: 'smtp://a:b@mail.example.com', password: 'x' }, /beside a password in the url/],
  [{ url: 'smtp://mail.example.com', password: 'x' }, /names no user/],
  [{ url: 'smtp://a@mail.example.com' }, /there is no password/],
  [{ url: 'smtps://mail.example.com', starttls: 'off' }, /is for smtp:/],
  [{ url: 'smtp://localhost', ca_file: 'ca.pem' }, /of no use without TLS/],
])('%j is refused', (mail, wrong) => {
  expect(mailProblems({ from, ...mail }).map((one) => one.wrong)).toEqual([expect.stringMatching(wrong)]);
});

test.each(['https://mail.example.com', 'smtp://mail.example.com/path', 'mail.example.com', 'smtp://a:secret@'])(
  '%s is no server, and is not repeated',
  (url) => {
    const issues = mailSchema.safeParse({ url, from }).error?.issues ?? [];
    expect(issues).toHaveLength(1);
    expect(issues[0]?.message).not.toContain('secret');
  },
);

test('a mailed link opens no first second factor beside a password that was chosen through the same mailbox', () => {
  const user = { ...person('ana'), email: 'ana@example.com', emailVerified: true };
  const opens = (mailbox?: true) =>
    enrolmentOf(
      { first: 'mailed-link', window: 1000 },
      {
        ...{ user, guarded: false, now: 1 },
        shown: {
          evidence: [{ class: 'password', method: 'password', at: 1, ...(mailbox ? { mailbox } : {}) }],
          standIns: [{ kind: 'mailed_link', method: 'mailed-link', at: 1 }],
        },
      },
      () => true,
    );
  expect(opens()).toMatchObject({ opened: true, openers: ['mailed-link', 'access-pass'] });
  expect(opens(true)).toMatchObject({ opened: false, openers: ['access-pass'] });
});
