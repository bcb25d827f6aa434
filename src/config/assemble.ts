import { resolve } from 'node:path';
import type { Config, ConfiguredApplication, ConfiguredUser } from '../config.ts';
import { roleNames } from '../domain/role.ts';
import { settingsOf } from './client.ts';
import type { Surroundings } from './environment.ts';
import type { Contents } from './files.ts';
import { identityProviderOf } from './identity-provider.ts';
import { keysOf } from './keys.ts';
import { mailOf } from './mail.ts';
import { resourceOf } from './resource.ts';
import { federationOf, samlSettings } from './saml.ts';
import type { File } from './schema.ts';
import { clientCertificatesOf } from './tls.ts';
import { webauthnOf } from './webauthn.ts';

/** The wire names known without a word in the file (protocols.md section 7); null there removes one. */
const wireNames: Readonly<Record<string, string>> = {
  'https://refeds.org/profile/mfa': 'mfa',
  'https://refeds.org/profile/sfa': 'sfa',
  phr: 'phr',
  phrh: 'phrh',
  'urn:stile:acr:aal1': 'aal1',
  'urn:stile:acr:aal2': 'aal2',
  'urn:stile:acr:aal3': 'aal3',
  'http://schemas.microsoft.com/claims/multipleauthn': 'mfa',
};

/** The table of wire names with the file's own merged in; what is wrong in it is the schema's to say. */
export function namesOf(own: unknown): Record<string, string> {
  const merged: Record<string, unknown> = { ...wireNames, ...(typeof own === 'object' ? own : {}) };
  return Object.fromEntries(Object.entries(merged).filter(([, id]) => id !== null)) as Record<string, string>;
}

/** The configuration, when nothing was wrong with any part of it. */
export function assemble(
  path: string,
  around: Surroundings & { issuer: string },
  file: File,
  contents: Contents,
): Config {
  const { demo, port, issuer, dataDir, databaseUrl, redisUrl, secrets } = around;
  const { limits, session, brand } = file;
  const token = file.metrics?.token ?? contents.get('metrics.token_file');
  const metricsPort = file.metrics?.port;
  const [cert, key] = [contents.get('tls.cert_file'), contents.get('tls.key_file')];
  return {
    ...{
      demo,
      file: path,
      port,
      host: demo ? loopbackOf(issuer) : undefined,
      issuer,
      dataDir,
      databaseUrl,
      redisUrl,
      secrets,
    },
    applications: file.applications.map((one, i) => application(one, i, contents, issuer)),
    resources: file.resources.map(resourceOf),
    federations: file.federations.map((one, i) => federationOf(one, i, contents, path)),
    users: file.users.map((one, i) => user(one, contents.get(`users[${i}].password_file`))),
    stores: file.stores,
    groups: file.groups,
    methods: {
      begin: file.methods.begin,
      webauthn: webauthnOf(file.methods.webauthn, contents, issuer),
      accessPass: file.methods['access-pass'],
    },
    assurance: {
      names: namesOf(file.assurance.names),
      emailCode: file.assurance.email_code,
      recoveryCode: file.assurance.recovery_code,
    },
    session: { absolute: session.absolute, stay: session.stay, idle: session.idle ?? session.absolute },
    limits: {
      lockAfter: limits.lock_after,
      lockSeconds: limits.lock_minutes * 60,
      disableAfter: limits.disable_after,
      addressFailures: limits.address_failures,
      addressSeconds: limits.address_window_minutes * 60,
    },
    totp: file.totp,
    proxies: file.proxies,
    tls: cert && key ? { cert, key } : undefined,
    clientCertificates: clientCertificatesOf(file.tls, contents, issuer),
    brand: {
      name: brand.name,
      accent: brand.accent,
      logoFile: brand.logo_file === undefined ? undefined : resolve(path, '..', brand.logo_file),
      helpUrl: brand.help_url,
      privacyUrl: brand.privacy_url,
    },
    keys: keysOf(file.keys),
    saml: identityProviderOf(file.saml, issuer, brand),
    roles: rolesOf(file.roles),
    administration: file.administration,
    registration: file.registration.enabled
      ? { scopes: file.registration.scopes, most: file.registration.limit }
      : undefined,
    enrolment: file.enrolment,
    mail: mailOf(file.mail, contents, brand.name),
    metrics: metricsPort === undefined ? (token ? { token } : undefined) : { port: metricsPort },
    audit: file.audit,
    log: file.log,
  };
}

/** The file names people who live in our own store. */
const rolesOf = (roles: File['roles']): Config['roles'] =>
  roleNames.flatMap((role) => (roles[role] ? [{ role, ...roles[role] }] : []));

/** The loopback address the demo's issuer means. */
const loopbackOf = (issuer: string): string => (new URL(issuer).hostname === '[::1]' ? '::1' : '127.0.0.1');

function application(
  one: File['applications'][number],
  i: number,
  contents: Contents,
  issuer: string,
): ConfiguredApplication {
  return {
    id: one.id,
    name: one.name,
    thirdParty: one.third_party,
    ...(one.groups ? { groups: one.groups } : {}),
    ...(one.role ? { role: one.role } : {}),
    ...(one.saml
      ? { protocol: 'saml', settings: samlSettings(one.saml, i, contents, issuer) }
      : {
          protocol: 'oidc',
          settings: clientSettings(one, contents.get(`applications[${i}].oidc.client_secret_file`)),
        }),
  };
}

function clientSettings({ oidc }: File['applications'][number], secret: string | undefined): Record<string, unknown> {
  const settings = settingsOf(oidc as NonNullable<typeof oidc>);
  return secret === undefined ? settings : { ...settings, client_secret: secret };
}

function user(one: File['users'][number], fromFile: string | undefined): ConfiguredUser {
  const password = one.password ?? fromFile;
  return {
    store: 'local',
    username: one.username,
    name: one.name ?? one.username,
    ...(one.email === undefined ? {} : { email: one.email }),
    emailVerified: one.email_verified,
    groups: one.groups,
    claims: one.claims,
    ...(password === undefined ? {} : { password }),
    ...(one.password_hash === undefined ? {} : { passwordHash: one.password_hash }),
    ...(one.methods.totp === undefined ? {} : { totp: one.methods.totp as NonNullable<ConfiguredUser['totp']> }),
  };
}
