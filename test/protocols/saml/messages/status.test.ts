import { refused } from '../../../../src/protocols/saml/messages/status.ts';

const named = (...[code, requested]: Parameters<typeof refused>) => {
  const { top, second } = refused(code, requested);
  return [top, second].map((one) => one?.replace('urn:oasis:names:tc:SAML:2.0:status:', ''));
};

test('what could not be met is the requested context, or without one our own demand', () => {
  expect(named('requirements-unmet', true)).toEqual(['Responder', 'NoAuthnContext']);
  expect(named('requirements-unmet', false)).toEqual(['Responder', 'AuthnFailed']);
});

test('what is away says so without a second level', () => {
  expect(named('unavailable', true)).toEqual(['Responder', undefined]);
});
