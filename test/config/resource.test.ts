/** APIs of the file, and who may have tokens for them: what contradicts itself stops the start with a sentence. */
import { clientSchema } from '../../src/config/client.ts';
import { describe as sentence } from '../../src/config/problems.ts';
import { resourceOf, resourceProblems, resourceSchema } from '../../src/config/resource.ts';

const notes = { resource: 'https://notes.example/api', name: 'Notes', scopes: ['notes:read'] };
const issuer = 'https://id.example';
const names = ['https://refeds.org/profile/mfa'];

/** Everything wrong between these, each as `key words`. */
const between = (resources: object[], wanted: object[] = []) =>
  resourceProblems({ resources, applications: [{ id: 'wiki', oidc: { resources: wanted } }] }, names, issuer).map(
    ({ at, wrong }) => `${at} ${wrong}`,
  );

const alone = (resource: object) =>
  (resourceSchema.safeParse({ ...notes, ...resource }).error?.issues ?? []).flatMap((issue) =>
    sentence(issue, undefined).map(({ at, wrong }) => `${at} ${wrong}`),
  );

test('an API says little and gets a JWT of ten minutes', () => {
  expect(resourceOf(resourceSchema.parse(notes))).toEqual({
    ...notes,
    accessToken: 'jwt',
    alg: 'RS256',
    lifetime: 600,
  });
});

test.each<[string, object, RegExp]>([
  ['no absolute address', { resource: 'notes' }, /^resource has to be an absolute URI/],
  ['a fragment', { resource: 'https://notes.example/#api' }, /^resource has to be an absolute URI without a fragment/],
  ['a scope of OpenID Connect', { scopes: ['email'] }, /^scopes\[0\] is a scope of OpenID Connect/],
  ['a scope with a space', { scopes: ['a b'] }, /^scopes\[0\] has to be visible ASCII/],
  ['a scope of ours', { scopes: ['stile:admin'] }, /^scopes\[0\] begins with stile:/],
  ['a token nobody knows', { access_token: 'paseto' }, /^access_token .*allowed: jwt, opaque/],
  ['a shared secret', { signed_response_alg: 'HS256' }, /^signed_response_alg .*allowed: RS256, ES256/],
  ['a token for ever', { lifetime: '2d' }, /^lifetime has to be a length of time/],
])('an API with %s is refused', (_what, wrong, words) => {
  expect(alone(wrong)).toEqual([expect.stringMatching(words)]);
});

test.each<[string, object[], object[], RegExp]>([
  ['asks for an API nobody declared', [], [{ resource: notes.resource }], /resources\[0\].resource is not declared/],
  ['asks for a scope it has not', [notes], [{ ...notes, scopes: ['x'] }], /scopes\[0\] is no scope .* has notes:read/],
  [
    'names a strength nobody knows',
    [{ ...notes, acr: 'mfa' }],
    [],
    /^resources\[0\].acr is not a name under assurance/,
  ],
  ['lets in nobody', [{ ...notes, clients: ['wick'] }], [], /^resources\[0\].clients\[0\] is the id of no application/],
  ['is our own API', [{ ...notes, resource: `${issuer}/admin/api` }], [], /is our own API/],
])('a file that %s is refused', (_what, resources, wanted, words) => {
  expect(between(resources, wanted)).toEqual([expect.stringMatching(words)]);
});

test('our own API may be asked for without a declaration', () => {
  expect(between([notes], [{ resource: `${issuer}/admin/api`, scopes: ['stile:admin'] }, notes])).toEqual([]);
});

test('a client says what it wants by a list', () => {
  const parsed = clientSchema.safeParse({ client_id: 'a', resources: notes.resource });
  expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual(['resources']);
});
