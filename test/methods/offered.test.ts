import { openMethods } from '../../src/composition/methods.ts';
import { webauthnOf, webauthnSchema } from '../../src/config/webauthn.ts';
import { MemoryKv } from '../../src/state/memory.ts';

const issuer = 'https://id.northfold.example';
const config = {
  assurance: { names: {}, emailCode: 'none', recoveryCode: 'factor' },
  brand: { name: 'Stile', accent: undefined, logoFile: undefined, helpUrl: undefined, privacyUrl: undefined },
  issuer,
  secrets: ['a secret for tests that is long enough'],
  methods: {
    begin: ['password'],
    webauthn: webauthnOf(webauthnSchema.parse({}), { get: () => undefined, problems: [] }, issuer),
    accessPass: { longest: 60, length: 12 },
  },
  totp: { window: 1 },
} as const;

test.each([
  ['is where mail is sent', { send: async () => 'sent' as const }, ['email-code', 'mailed-link']],
  ['is not where none is', undefined, []],
])('what takes a mailbox %s', async (_what, messenger, there) => {
  const kv = new MemoryKv();
  const { methods } = openMethods(config, {
    kv,
    messenger,
    log: { error: () => undefined, warn: () => undefined },
    now: () => 0,
  });
  expect([...methods.keys()].filter((id) => id.includes('mail'))).toEqual(there);
  await kv.close();
});
