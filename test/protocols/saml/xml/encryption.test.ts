import { constants, createDecipheriv, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { xml } from '../../../../src/protocols/saml/xml/canonical.ts';
import { encrypted } from '../../../../src/protocols/saml/xml/encryption.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const mgf1p = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';
const oaep = 'http://www.w3.org/2009/xmlenc11#rsa-oaep';
const aes = (bits: number) => `http://www.w3.org/2009/xmlenc11#aes${bits}-gcm`;

/** The two algorithms that were taken, and what their owner reads. */
function opened(methods: readonly string[]) {
  const text = String(encrypted(xml`<a>ana</a>`, { key: publicKey, methods }));
  const [data, transport] = [...text.matchAll(/EncryptionMethod Algorithm="([^"]+)"/g)].map(
    ([, name]) => name as string,
  );
  const [carried, body] = [...text.matchAll(/CipherValue>([^<]+)</g)].map(([, value]) =>
    Buffer.from(value as string, 'base64'),
  ) as [Buffer, Buffer];
  const oaepHash = transport === oaep ? 'sha256' : 'sha1';
  const secret = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, carried);
  const cipher = createDecipheriv(secret.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', secret, body.subarray(0, 12));
  cipher.setAuthTag(body.subarray(-16));
  return [data, transport, Buffer.concat([cipher.update(body.subarray(12, -16)), cipher.final()]).toString()];
}

test.each([
  ['says nothing', [], 256, mgf1p],
  ['lists what everybody has', [aes(256), aes(128), mgf1p], 256, mgf1p],
  ['lists RSA-OAEP of 2013 beside that of 2002', [aes(256), mgf1p, oaep], 256, oaep],
  ['lists only the shorter key', [aes(128), oaep], 128, oaep],
  ['lists only what an attacker can make it decrypt', ['http://www.w3.org/2001/04/xmlenc#aes256-cbc'], 256, mgf1p],
])('its owner alone opens it, by what metadata lists: it %s', (_what, methods, bits, transport) => {
  expect(opened(methods)).toEqual([aes(bits), transport, '<a>ana</a>']);
});
