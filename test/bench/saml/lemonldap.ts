/** LemonLDAP::NG as Debian packages it: its portal under uwsgi behind nginx, sessions in files as by default. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Person } from '../../support/person.ts';
import { freePort } from '../../support/stile.ts';
import { certified } from './certificate.ts';
import { nginx, parameters, startNginx } from './nginx.ts';
import { metadata } from './party.ts';
import { group, installed } from './process.ts';
import type { IdentityProvider } from './visitor.ts';

const uwsgi = '/usr/bin/uwsgi';
const app = '/usr/share/lemonldap-ng/llng-server/llng-server.psgi';
const portal = '/usr/share/lemonldap-ng/portal';
/** With what apt recommends: the portal does not start without some of it. */
const packages =
  'liblemonldap-ng-portal-perl lemonldap-ng-uwsgi-app uwsgi-plugin-psgi nginx-light liblasso-perl libxml-simple-perl libimage-magick-perl';
/** Two for each processor of a small machine: more wait for one another. */
const workers = 4;

export async function startLemonLdap(): Promise<IdentityProvider> {
  const { certificate, key } = certified('LemonLDAP::NG');
  const { issuer, ...portal } = await startPortal(() => saml(certificate, key));
  return { sso: `${issuer}/saml/singleSignOn`, entityId: `${issuer}/saml/metadata`, certificate, ...portal };
}

/** The portal as its own configuration has it, and `more` for the protocol it is to speak. */
export async function startPortal(more: (issuer: string) => object) {
  installed(
    packages,
    [uwsgi, app, `${portal}/htdocs/index.psgi`, '/usr/lib/uwsgi/plugins/psgi_plugin.so', nginx],
    () => spawnSync('perl', ['-MLasso', '-MXML::Simple', '-MImage::Magick', '-e', '1']).status === 0,
  );
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const servers = group('lemonldap');
  const { folder } = servers;
  try {
    for (const one of ['conf', 'sessions/lock', 'psessions/lock', 'cache'])
      mkdirSync(join(folder, one), { recursive: true });
    writeFileSync(join(folder, 'lemonldap-ng.ini'), local(folder));
    writeFileSync(join(folder, 'conf/lmConf-1.json'), JSON.stringify({ ...settings(folder, issuer), ...more(issuer) }));
    const socket = join(folder, 'uwsgi.sock');
    servers.run(
      uwsgi,
      ['--plugins', 'psgi', '--socket', socket, '--psgi', app, '--master', '--processes', String(workers)].concat([
        '--buffer-size',
        '65535',
        '--disable-logging',
        '--need-app',
      ]),
      { LLNG_DEFAULTCONFFILE: join(folder, 'lemonldap-ng.ini') },
    );
    startNginx(
      servers,
      port,
      `server { LISTEN root ${portal}/htdocs;
        location / { ${parameters('uwsgi_param')} uwsgi_param LLTYPE psgi; uwsgi_modifier1 5;
          uwsgi_param SCRIPT_FILENAME ${portal}/htdocs/index.psgi; uwsgi_param SCRIPT_NAME /index.psgi;
          uwsgi_param PATH_INFO /index.psgi$uri; uwsgi_pass unix:${socket}; } }`,
    );
    await servers.answers(`${issuer}/`);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return {
    issuer,
    pids: servers.pids,
    stop: servers.stop,
    async signIn(): Promise<string> {
      const person = new Person();
      const body = new URLSearchParams({ user: 'dwho', password: 'dwho' });
      await person.fetch(`${issuer}/`, { method: 'POST', body });
      if (!person.cookies.has('lemonldap')) throw new Error('LemonLDAP::NG gave no session');
      return [...person.cookies].map((pair) => pair.join('=')).join('; ');
    },
  };
}

/** What its own file says about where things are. */
const local = (folder: string) => `[all]
logLevel = error
logger = Lemonldap::NG::Common::Logger::Std
userLogger = Lemonldap::NG::Common::Logger::Std
checkTime = 600
[configuration]
type = File
dirName = ${folder}/conf
localStorage = Cache::FileCache
localStorageOptions = { 'namespace' => 'config', 'default_expires_in' => 600, 'cache_root' => '${folder}/cache', 'cache_depth' => 3 }
[portal]
staticPrefix = /static
templateDir = ${portal}/templates
languages = en
[handler]
status = 0
`;

function settings(folder: string, issuer: string) {
  const files = (name: string) => ({ Directory: join(folder, name), LockDirectory: join(folder, name, 'lock') });
  const cache = { namespace: 'sessions', default_expires_in: 600, cache_root: join(folder, 'cache'), cache_depth: 3 };
  return {
    cfgNum: 1,
    cfgDate: 1,
    cfgVersion: '2.16.1',
    portal: `${issuer}/`,
    domain: 'localhost',
    cookieName: 'lemonldap',
    securedCookie: 0,
    locationRules: { localhost: { default: 'accept' } },
    // Its demonstration users; of its plugins those left out that are no part of signing in.
    authentication: 'Demo',
    userDB: 'Same',
    passwordDB: 'Null',
    registerDB: 'Null',
    demoExportedVars: { cn: 'cn', mail: 'mail', uid: 'uid' },
    whatToTrace: '_whatToTrace',
    macros: { _whatToTrace: 'lc($_user)' },
    requireToken: 0,
    loginHistoryEnabled: 0,
    notification: 0,
    globalStorage: 'Apache::Session::File',
    globalStorageOptions: files('sessions'),
    persistentStorage: 'Apache::Session::File',
    persistentStorageOptions: files('psessions'),
    localSessionStorage: 'Cache::FileCache',
    localSessionStorageOptions: cache,
  };
}

function saml(certificate: string, key: string) {
  return {
    issuerDBSAMLActivation: 1,
    samlServicePrivateKeySig: key,
    samlServicePublicKeySig: certificate,
    samlServiceSignatureMethod: 'RSA_SHA256',
    samlServiceUseCertificateInResponse: 1,
    samlIDPSSODescriptorWantAuthnRequestsSigned: 0,
    samlSPMetaDataXML: { bench: { samlSPMetaDataXML: metadata() } },
    samlSPMetaDataOptions: {
      bench: {
        samlSPMetaDataOptionsSignSSOMessage: 1,
        samlSPMetaDataOptionsCheckSSOMessageSignature: 0,
        samlSPMetaDataOptionsEncryptionMode: 'none',
        samlSPMetaDataOptionsNameIDFormat: 'persistent',
      },
    },
    samlSPMetaDataExportedAttributes: {
      bench: { uid: '1;uid', cn: '1;displayName', mail: '1;mail' },
    },
  };
}
