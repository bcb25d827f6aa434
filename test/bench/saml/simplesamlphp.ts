/** SimpleSAMLphp as Debian packages it: php-fpm behind nginx, sessions in files as by default. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../support/stile.ts';
import { certified } from './certificate.ts';
import { nginx, parameters, startNginx } from './nginx.ts';
import { acs, entityId as party } from './party.ts';
import { group, installed } from './process.ts';
import type { IdentityProvider } from './visitor.ts';

const fpm = '/usr/sbin/php-fpm8.2';
const home = '/usr/share/simplesamlphp';
/** Two for each processor of a small machine: more wait for one another. */
const workers = 4;

export async function startSimpleSaml(): Promise<IdentityProvider> {
  installed('simplesamlphp php8.2-fpm php8.2-xml php8.2-mbstring nginx-light', [fpm, `${home}/www/module.php`, nginx]);
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const entityId = `${issuer}/simplesaml/saml2/idp/metadata.php`;
  const { certificate, key } = certified('SimpleSAMLphp');
  const servers = group('simplesamlphp');
  const { folder } = servers;
  try {
    for (const one of ['config', 'metadata', 'cert', 'log', 'data', 'tmp', 'sessions']) mkdirSync(join(folder, one));
    writeFileSync(join(folder, 'cert/idp.crt'), certificate);
    writeFileSync(join(folder, 'cert/idp.pem'), key);
    for (const [file, text] of Object.entries(settings(folder, issuer))) writeFileSync(join(folder, file), text);
    servers.run(fpm, [...(process.getuid?.() === 0 ? ['-R'] : []), '-F', '-y', join(folder, 'fpm.conf')], {
      SIMPLESAMLPHP_CONFIG_DIR: join(folder, 'config'),
    });
    const params = `${parameters('fastcgi_param')} fastcgi_param SCRIPT_FILENAME ${home}/www$script;
        fastcgi_param SCRIPT_NAME /simplesaml$script; fastcgi_param PATH_INFO $info if_not_empty;`;
    startNginx(
      servers,
      port,
      // A connection kept alive would keep a worker to itself.
      `server { LISTEN root ${home}/www;
        location ~ ^/simplesaml(?<script>.+?\\.php)(?<info>/.*)?$ {
          ${params} fastcgi_pass unix:${folder}/fpm.sock; } }`,
    );
    await servers.answers(entityId);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  const sso = `${issuer}/simplesaml/saml2/idp/SSOService.php`;
  return { sso, entityId, certificate, pids: servers.pids, signIn: async () => '', stop: servers.stop };
}

function settings(folder: string, issuer: string): Record<string, string> {
  const session = `
  'session.cookie.secure' => false, 'session.cookie.samesite' => null,
  'session.phpsession.savepath' => '${folder}/sessions', 'store.type' => 'phpsession',`;
  const root = process.getuid?.() === 0 ? 'user = root\ngroup = root' : '';
  return {
    'config/config.php': `<?php $config = [
  'baseurlpath' => '${issuer}/simplesaml/', 'secretsalt' => 'a salt of the bench and of nothing else',
  'auth.adminpassword' => 'nobody comes here', 'certdir' => '${folder}/cert/', 'loggingdir' => '${folder}/log/',
  'datadir' => '${folder}/data/', 'tempdir' => '${folder}/tmp', 'metadatadir' => '${folder}/metadata/',
  'attributenamemapdir' => '${home}/config/attributemap/', 'timezone' => 'UTC', 'production' => true,
  'logging.level' => SimpleSAML\\Logger::NOTICE, 'logging.handler' => 'file', 'logging.logfile' => 'simplesamlphp.log',
  'enable.saml20-idp' => true, 'module.enable' => ['exampleauth' => true, 'core' => true, 'saml' => true],
  'language.default' => 'en', 'theme.use' => 'default', 'template.auto_reload' => false,
  'authproc.idp' => [], 'metadata.sources' => [['type' => 'flatfile']],${session}
];`,
    'config/authsources.php': `<?php $config = ['here' => ['exampleauth:StaticSource',
  'uid' => ['mei'], 'displayName' => ['Mei'], 'mail' => ['mei@northfold.example']]];`,
    'metadata/saml20-idp-hosted.php': `<?php $metadata['__DYNAMIC:1__'] = ['host' => '__DEFAULT__',
  'privatekey' => 'idp.pem', 'certificate' => 'idp.crt', 'auth' => 'here', 'userid.attribute' => 'uid',
  'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'saml20.sign.response' => true, 'saml20.sign.assertion' => true];`,
    'metadata/saml20-sp-remote.php': `<?php $metadata['${party}'] = ['AssertionConsumerService' => '${acs}',
  'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'simplesaml.nameidattribute' => 'uid'];`,
    'fpm.conf': `[global]
error_log = ${folder}/fpm.log
daemonize = no
[www]
${root}
listen = ${folder}/fpm.sock
pm = static
pm.max_children = ${workers}
clear_env = no
`,
  };
}
