/** Service providers nobody here wrote, samlify and node-saml: their own metadata, their own requests, their own eyes for the answer. */
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml';
import { IdentityProvider, ServiceProvider as SamlifyProvider, setSchemaValidator } from 'samlify';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, nobody, settings, someone, type Walker } from '../support/rp.ts';
import { providerFacts } from '../support/saml-answer.ts';
import { certificateOf, pair } from '../support/saml-keys.ts';
import { schemaErrors } from '../support/schemas.ts';
import { type Stile, startStile } from '../support/stile.ts';

const [signing, encryption] = [pair('samlify'), pair('samlify, encryption')];
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const own = (id: string, more: object = {}) =>
  SamlifyProvider({
    entityID: `https://sp.example/${id}`,
    wantAssertionsSigned: true,
    wantMessageSigned: true,
    requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    // Its default is that no name may be made, and then nobody new can sign in.
    allowCreate: true,
    signatureConfig: {
      prefix: 'ds',
      location: { reference: "/*[local-name(.)='AuthnRequest']/*[local-name(.)='Issuer']", action: 'after' },
    },
    signingCert: signing.certificate,
    privateKey: signing.pem,
    nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
    assertionConsumerService: [{ Binding: post, Location: `https://sp.example/${id}/acs` }],
    ...more,
  });
const clear = own('clear');
const sealed = own('sealed', {
  authnRequestsSigned: true,
  encryptCert: encryption.certificate,
  encPrivateKey: encryption.pem,
});

/** As node-saml is out of the box, but for what it has to be told. */
const nodeSaml = (more: object = {}) =>
  new SAML({
    issuer: 'https://sp.example/node-saml',
    callbackUrl: 'https://sp.example/node-saml/acs',
    logoutCallbackUrl: 'https://sp.example/node-saml/slo',
    idpCert: signing.certificate,
    privateKey: signing.pem,
    publicCert: signing.certificate,
    decryptionPvk: encryption.pem,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    ...more,
  });

let stile: Stile;
let metadata: string;
beforeAll(async () => {
  setSchemaValidator({
    validate: async (xml: string) => {
      const errors = schemaErrors(xml);
      if (errors.length > 0) throw new Error(errors.join('; '));
      return 'valid';
    },
  });
  stile = await startStile({
    config: settings({
      applications: [
        clear.getMetadata(),
        sealed.getMetadata(),
        nodeSaml().generateServiceProviderMetadata(encryption.certificate, signing.certificate),
      ].map((own, i) => ({ id: `library-${i}`, name: 'An application', saml: { metadata: own } })),
    }),
  });
  metadata = await (await fetch(`${stile.issuer}/saml/metadata`)).text();
});
afterAll(() => stile.stop());

type Sp = ReturnType<typeof own>;

async function signIn(sp: Sp, binding: 'redirect' | 'post', person: Person, walker: Walker) {
  const idp = IdentityProvider({
    // It signs for nobody but who says that they want it.
    metadata:
      sp === sealed ? metadata.replace('WantAuthnRequestsSigned="false"', 'WantAuthnRequestsSigned="true"') : metadata,
    isAssertionEncrypted: sp === sealed,
    messageSigningOrder: 'encrypt-then-sign',
  });
  const request = sp.createLoginRequest(idp, binding, { relayState: 'deep' });
  let page: Page;
  if (binding === 'redirect') page = await person.go(request.context);
  else {
    const { entityEndpoint, context } = request as unknown as { entityEndpoint: string; context: string };
    const body = new URLSearchParams({ SAMLRequest: context, RelayState: 'deep' });
    page = await person.go(entityEndpoint, { method: 'POST', body });
  }
  const { delivery } = await walker(person, page);
  expect(delivery?.fields.RelayState).toBe('deep');
  const SAMLResponse = delivery?.fields.SAMLResponse as string;
  const { extract } = await sp.parseLoginResponse(idp, 'post', { body: { SAMLResponse } });
  expect(extract.response).toMatchObject({ inResponseTo: request.id, destination: delivery?.action.href });
  return extract;
}

test.each([
  ['redirect', 'asking unsigned, answered in the clear', clear],
  ['post', 'asking unsigned, answered in the clear', clear],
  ['redirect', 'asking signed, answered encrypted', sealed],
  ['post', 'asking signed, answered encrypted', sealed],
] as const)('samlify by %s, %s', async (binding, _how, sp) => {
  const person = new Person();
  const ana = someone();
  const first = await signIn(sp, binding, person, as(ana));
  expect(first).toMatchObject({ attributes: { uid: ana }, issuer: `${stile.issuer}/saml/metadata` });
  const again = await signIn(sp, binding, person, nobody);
  expect(again.nameID).toBe(first.nameID);
  expect(again.sessionIndex).toMatchObject({
    sessionIndex: (first.sessionIndex as { sessionIndex: string }).sessionIndex,
  });
});

test('samlify does not take an answer that was changed on the way', async () => {
  const idp = IdentityProvider({ metadata });
  const person = new Person();
  const { context } = clear.createLoginRequest(idp, 'redirect');
  const { delivery } = await as(someone())(person, await person.go(context));
  const xml = Buffer.from(delivery?.fields.SAMLResponse as string, 'base64').toString();
  const changed = xml.replace(/(AuthnContextClassRef>)[^<]*/, `$1${MFA}`);
  expect(changed).not.toBe(xml);
  const SAMLResponse = Buffer.from(changed).toString('base64');
  await expect(clear.parseLoginResponse(idp, 'post', { body: { SAMLResponse } })).rejects.toThrow();
});

test.each(['redirect', 'post'] as const)('node-saml by %s, as it asks unless told otherwise', async (binding) => {
  const { signOn, certificates, entityId } = providerFacts(metadata);
  const saml = nodeSaml({
    entryPoint: signOn(`urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${binding === 'post' ? 'POST' : 'Redirect'}`),
    idpCert: certificates.map(certificateOf),
    idpIssuer: entityId,
    validateInResponseTo: ValidateInResponseTo.always,
    ...(binding === 'post' ? { authnRequestBinding: 'HTTP-POST', skipRequestCompression: true } : {}),
  });
  const person = new Person();
  const arrive = async () => {
    if (binding === 'redirect') return person.go(await saml.getAuthorizeUrlAsync('deep', undefined, {}));
    const html = await saml.getAuthorizeFormAsync('deep');
    const [, SAMLRequest = ''] = /name="SAMLRequest" value="([^"]+)"/.exec(html) ?? [];
    return person.go(signOn(post), { method: 'POST', body: new URLSearchParams({ SAMLRequest, RelayState: 'deep' }) });
  };
  for (const walker of [as('ana'), nobody]) {
    const { delivery } = await walker(person, await arrive());
    const { profile } = await saml.validatePostResponseAsync({ ...delivery?.fields });
    expect(profile).toMatchObject({ nameID: 'ana@northfold.example', uid: 'ana', issuer: entityId });
  }
});
