/**
 * Sessions at random, with things that stand in among what was shown: whatever they let through, what OIDC and SAML then
 * say is what the evidence alone would say, and nothing stands in where the Ask wants evidence.
 */
import fc from 'fast-check';
import { assuranceOf } from '../../src/authentication/assurance.ts';
import type { Browser } from '../../src/authentication/authentication.ts';
import { Engine } from '../../src/authentication/engine.ts';
import type { Sources } from '../../src/authentication/facts.ts';
import { Sessions } from '../../src/authentication/sessions.ts';
import { SignIns } from '../../src/authentication/signins.ts';
import { namesOf } from '../../src/config/assemble.ts';
import type { Ask } from '../../src/domain/ask.ts';
import { type Evidence, mailboxOnce, methodClassNames } from '../../src/domain/evidence.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { StandIn } from '../../src/domain/stand-in.ts';
import type { User } from '../../src/domain/user.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { builtIn, metBy } from '../../src/policy/strengths.ts';
import { assertionOf } from '../../src/protocols/oidc/acr.ts';
import { askOf } from '../../src/protocols/oidc/ask.ts';
import { askOf as samlAskOf } from '../../src/protocols/saml/sign-on/ask.ts';
import { asserted, contextClasses, unasked } from '../../src/protocols/saml/sign-on/context.ts';
import { methodReferences } from '../../src/protocols/saml/sign-on/methods.ts';
import type { Ticket } from '../../src/protocols/saml/sign-on/ticket.ts';
import { MemoryKv } from '../../src/state/memory.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { ana } from '../support/people.ts';

const now = 1_800_000_000_000;
const kv = new MemoryKv({ now: () => now });
afterAll(() => kv.close());
const sessions = new Sessions(kv, { idle: 3600, absolute: 3600, stay: 3600 }, () => now);
const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc' as const, thirdParty: false, settings: {}, disabled: false };
let user: User = ana;
const sources: Sources = {
  methods: new Map(),
  begin: ['password'],
  policies: builtInPolicies(),
  enrolment: { first: 'password', window: 0 },
  application: () => wiki,
  userByName: async () => user,
  userById: async () => user,
  settingOf: () => ({ state: 'allowed', standsIn: true }),
  credentialsOf: async () => [],
  liveCredentials: async () => [],
  credentialBy: async () => undefined,
  agreedItems: async () => [],
};
const signIns = new SignIns(kv, secretsSealer(['a secret of at least thirty-two characters']));
const engine = new Engine({ sources, sessions, signIns, recorder: { record: async () => {} }, kv, now: () => now });
const assurance = assuranceOf(namesOf({}), []);
const classes = contextClasses(assurance);

const at = fc.integer({ min: now - 1000, max: now - 1 });
const piece = fc.record({ name: fc.constantFrom(...methodClassNames), at, mailbox: fc.boolean() }).map(
  ({ name, at, mailbox }): Evidence => ({
    ...{ class: name, method: name.split(':')[0] as string, at },
    ...(mailbox && /^(password|email-code)/.test(name) ? { mailbox: true } : {}),
  }),
);
const standIn = fc
  .record({ kind: fc.constantFrom<StandIn['kind']>('trusted_device', 'email_code', 'access_pass', 'mailed_link'), at })
  .map((one): StandIn => ({ ...one, method: one.kind.replace('_', '-') }));
const strengths = Object.values(builtIn);
const asking = fc
  .record({
    wants: fc.subarray(strengths, { maxLength: 2 }),
    after: fc.option(at),
    unaided: fc.boolean(),
  })
  .map(
    ({ wants, after, unaided }): Ask => ({
      ...{ application: 'wiki', choose: false, passive: true, keeps: true },
      wants: wants.map((one) => ({ anyOf: [one], essential: true })),
      ...(after === null ? {} : { after }),
      ...(unaided ? { unaided } : {}),
    }),
  );
const session = fc.record({
  evidence: fc.array(piece, { minLength: 1, maxLength: 5 }),
  standIns: fc.array(standIn, { maxLength: 3 }),
  twoStep: fc.boolean(),
  preferred: fc.option(fc.constantFrom('email-code', 'totp'), { nil: undefined }),
});

/** Who this browser is let in as, after it showed all this; undefined: not without a page. */
async function evaluate(shown: readonly (Evidence | StandIn)[], ask: Ask): Promise<Outcome | undefined> {
  const { cookie } = await sessions.join(undefined, { user: user.id, shown, stay: false, agent: '', address: '' });
  const browser: Browser = {
    ...{ id: undefined, session: cookie, address: '192.0.2.1', agent: '', languages: [] },
    ...{ bind: () => '', keepSession: () => {}, dropSession: () => {} },
  };
  const evaluation = await engine.evaluate(browser, ask, { quiet: true });
  return evaluation.kind === 'done' ? evaluation.outcome : undefined;
}

/** All that leaves the house about a sign-in. */
const told = ({ evidence }: Outcome) => ({
  oidc: assertionOf(evidence, [], assurance),
  saml: asserted(evidence, unasked(classes, undefined, assurance), assurance),
  references: methodReferences(evidence, assurance),
});

test('whatever stands in lets people pass, and changes no amr, acr, AuthnContext, multipleauthn or time', async () => {
  let stoodIn = 0;
  await fc.assert(
    fc.asyncProperty(session, asking, async ({ evidence, standIns, twoStep, preferred }, ask) => {
      user = { ...ana, twoStep, ...(preferred ? { preferred } : {}) };
      const [aided, plain] = [await evaluate([...evidence, ...standIns], ask), await evaluate(evidence, ask)];
      if (plain) expect(aided && told(aided)).toEqual(told(plain));
      if (!aided) return;
      const inWindow = ({ at }: { at: number }) => ask.after === undefined || at > ask.after;
      const counted = mailboxOnce(evidence).filter(inWindow);
      expect(aided.evidence).toEqual(counted);
      const names = counted.map((one) => one.class);
      for (const { anyOf } of ask.wants) expect(metBy(names, anyOf[0]!)).toBe(true);
      expect(told(aided).oidc.amr.includes('mfa')).toBe(metBy(names, builtIn.mfa!));
      if (plain) return;
      stoodIn++;
      const accepted = preferred === 'totp' ? ['access_pass'] : ['email_code', 'access_pass'];
      expect([twoStep, ask.unaided]).toEqual([true, undefined]);
      expect(standIns.filter(inWindow).some(({ kind }) => accepted.includes(kind))).toBe(true);
    }),
    { numRuns: 2000 },
  );
  // Or nothing was tried at all.
  expect(stoodIn).toBeGreaterThan(5);
});

describe('a request that wants it anew', () => {
  const old = now - 60_000;
  const password: Evidence = { class: 'password', method: 'password', at: old };
  const code: StandIn = { kind: 'email_code', method: 'email-code', at: old };
  const asked = (params: Record<string, unknown>) => ({
    ...askOf({ application: 'wiki', params, assurance, now, acrValuesVoluntary: false }),
    passive: true,
  });
  const lets = async (shown: readonly (Evidence | StandIn)[], params: Record<string, unknown>) =>
    (await evaluate(shown, { ...asked(params), choose: false })) !== undefined;
  beforeEach(() => {
    user = { ...ana, twoStep: true };
  });

  test('prompt=login and ForceAuthn let nothing stand in, however new', async () => {
    const newer = [
      { ...password, at: now + 1 },
      { ...code, at: now + 1 },
    ];
    expect(await lets(newer, {})).toBe(true);
    expect(await lets(newer, { prompt: 'login' })).toBe(false);
    const forced = (force: boolean) => {
      const request = { id: '_1', force, passive: true };
      return samlAskOf({ ticket: { application: 'wiki', at: now, request } as Ticket, answers: undefined, told: [] });
    };
    const answered = async (force: boolean) => Boolean(await evaluate(newer, { ...forced(force), choose: false }));
    expect([await answered(false), await answered(true)]).toEqual([true, false]);
  });

  test('max_age reaches what stands in as it reaches evidence', async () => {
    expect(await lets([password, code], { max_age: 61 })).toBe(true);
    expect(await lets([password, code], { max_age: 59 })).toBe(false);
    expect(await lets([{ ...password, at: now - 1000 }, code], { max_age: 59 })).toBe(false);
    expect(
      await lets(
        [
          { ...password, at: now - 1000 },
          { ...code, at: now - 1000 },
        ],
        { max_age: 59 },
      ),
    ).toBe(true);
  });
});
