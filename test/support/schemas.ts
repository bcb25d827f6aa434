/** The schemas of SAML 2.0, XML signature and XML encryption, as libxml2 reads them, against which every message of ours is held. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XmlBufferInputProvider, XmlDocument, XmlLibError, XsdValidator, xmlRegisterInputProvider } from 'libxml2-wasm';

/** By namespace, the file that describes it: everything a message or metadata may hold. */
const files = {
  'urn:oasis:names:tc:SAML:2.0:protocol': 'saml-schema-protocol-2.0.xsd',
  'urn:oasis:names:tc:SAML:2.0:metadata': 'saml-schema-metadata-2.0.xsd',
  'urn:oasis:names:tc:SAML:metadata:ui': 'sstc-saml-metadata-ui-v1.0.xsd',
  'urn:oasis:names:tc:SAML:metadata:attribute': 'sstc-metadata-attr.xsd',
  'urn:oasis:names:tc:SAML:metadata:algsupport': 'sstc-saml-metadata-algsupport-v1.0.xsd',
  'urn:oasis:names:tc:SAML:metadata:rpi': 'saml-metadata-rpi-v1.0.xsd',
  'http://www.w3.org/2009/xmlenc11#': 'xenc11-schema.xsd',
};

/** Where the schemas themselves say that others are. Nothing is ever fetched. */
const elsewhere = [
  'http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd',
  'http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd',
  'http://www.w3.org/2001/xml.xsd',
];

let validator: XsdValidator | undefined;

function compiled(): XsdValidator {
  const found = new Map<string, Buffer>();
  for (const folder of process.env.TEST_SAML_SCHEMAS!.split(':'))
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.xsd')))
      found.set(name, readFileSync(join(folder, name)));
  const provided = Object.fromEntries([...found].map(([name, bytes]) => [`mem:///${name}`, bytes]));
  for (const address of elsewhere) provided[address] = found.get(address.split('/').at(-1) as string) as Buffer;
  xmlRegisterInputProvider(new XmlBufferInputProvider(provided));
  const imports = Object.entries(files).map(
    ([space, file]) => `<import namespace="${space}" schemaLocation="${file}"/>`,
  );
  const all = `<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:all">${imports.join('')}</schema>`;
  const document = XmlDocument.fromString(all, { url: 'mem:///all.xsd' });
  return XsdValidator.fromDoc(document);
}

/** What is wrong with a message or with metadata, in libxml2's words: nothing, when it is well formed and valid. */
export function schemaErrors(xml: string): string[] {
  validator ??= compiled();
  let document: XmlDocument | undefined;
  try {
    document = XmlDocument.fromString(xml);
    validator.validate(document);
    return [];
  } catch (error) {
    if (error instanceof XmlLibError) return error.message.trim().split('\n');
    throw error;
  } finally {
    document?.dispose();
  }
}
