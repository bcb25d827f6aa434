import { between } from '../../src/config/between.ts';

const said = (file: Record<string, unknown>) =>
  between(file, [], 'https://id.example').map(({ at, wrong }) => `${at} ${wrong}`);
const mail = { url: 'smtp://localhost', from: 'stile@id.example' };
const local = (methods: object) => ({ stores: [{ id: 'local', methods }] });

describe('which methods are there for whom', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'nothing to begin with',
      local({ password: 'off', webauthn: { state: 'off' }, 'access-pass': 'off' }),
      /^stores\[0\]\.methods leaves nothing to begin/,
    ],
    [
      'a beginner that is off for everybody',
      { ...local({ 'email-code': 'off' }), methods: { begin: ['password', 'email-code'] } },
      /^methods\.begin\[1\] is email-code, which is off/,
    ],
    [
      'an email code that nothing sends',
      { methods: { begin: ['password', 'email-code'] } },
      /^methods\.begin\[1\] is email-code, and there is no mail: to send a code by/,
    ],
    [
      'a beginner said twice',
      { methods: { begin: ['password', 'password'] } },
      /^methods\.begin\[1\] is password a second/,
    ],
    [
      'a group that requires what its store has off',
      { ...local({ totp: 'off' }), groups: [{ name: 'HR', methods: { totp: 'required' } }] },
      /^groups\[0\]\.methods\.totp is required, and off in every store/,
    ],
    [
      'a pass at every sign-in',
      local({ 'access-pass': { state: 'required' } }),
      /^stores\[0\]\.methods\.access-pass\.state cannot be required/,
    ],
    [
      'a recovery code at every sign-in',
      { groups: [{ name: 'HR', methods: { 'recovery-code': 'required' } }] },
      /cannot be required/,
    ],
    [
      'an email code that proves nothing',
      { ...local({ 'email-code': 'required' }), mail },
      /put it into methods\.begin/,
    ],
    [
      'an email code at every sign-in where no mail is sent',
      { ...local({ 'email-code': 'required' }), assurance: { email_code: 'factor' } },
      /^stores\[0\]\.methods\.email-code is required, and there is no mail: to send a code by/,
    ],
    [
      'an email code to begin with where no mail is sent',
      { methods: { begin: ['password', 'email-code'] } },
      /^methods\.begin\[1\] is email-code, and there is no mail: to send a code by/,
    ],
    [
      'a passkey that stands in',
      local({ webauthn: { stands_in: true } }),
      /^stores\[0\]\.methods\.webauthn\.stands_in is for email-code/,
    ],
    [
      'a group said twice',
      { groups: [{ name: 'HR' }, { name: 'HR' }] },
      /^groups\[1\]\.name is the same as that of groups\[0\]/,
    ],
  ])('%s is a mistake', (_, file, problem) => {
    expect(said(file)).toEqual([expect.stringMatching(problem)]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a store without passwords, whose people have passkeys', local({ password: 'off', webauthn: 'required' })],
    [
      'an email code that begins a sign-in',
      { ...local({ 'email-code': 'required' }), methods: { begin: ['email-code'] }, mail },
    ],
    [
      'an email code that is a factor',
      { ...local({ 'email-code': 'required' }), assurance: { email_code: 'factor' }, mail },
    ],
    [
      'one group off, another required: whoever is in both is let through by nothing',
      {
        groups: [
          { name: 'A', methods: { totp: 'off' } },
          { name: 'B', methods: { totp: 'required' } },
        ],
      },
    ],
    ['what no file says', {}],
  ])('%s is none', (_, file) => {
    expect(said(file)).toEqual([]);
  });
});
