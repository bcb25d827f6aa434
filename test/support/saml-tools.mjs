import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianRoot, findProgram } from './debian.mjs';

/** xmlsec1, which checks our signatures: another hand's XML, canonicalization and cryptography. */
export const findXmlsec = () =>
  findProgram({
    names: ['xmlsec1'],
    debian: 'xmlsec1',
    advice:
      'the SAML tests need xmlsec1: install it (apt-get install xmlsec1, dnf install xmlsec1-openssl, brew install libxmlsec1)',
  });

/** Debian's packages with the schemas of SAML and of XML signature and encryption: where each keeps them, and one of them. */
const packages = [
  ['opensaml-schemas', 'usr/share/xml/opensaml', 'saml-schema-protocol-2.0.xsd'],
  ['xmltooling-schemas', 'usr/share/xml/xmltooling', 'xmldsig-core-schema.xsd'],
];

const advice =
  'the SAML tests need the schemas of SAML 2.0: apt-get install opensaml-schemas xmltooling-schemas, or set TEST_SAML_SCHEMAS to the folders that have their files, separated by colons';

/** The folders the schemas are in: those of TEST_SAML_SCHEMAS, or Debian's. */
export function findSchemas() {
  const named = process.env.TEST_SAML_SCHEMAS?.split(':');
  if (!named) return packages.map(([name, at, file]) => join(debianRoot({ name, file: join(at, file), advice }), at));
  if (packages.some(([, , file]) => !named.some((folder) => existsSync(join(folder, file))))) throw new Error(advice);
  return named;
}
