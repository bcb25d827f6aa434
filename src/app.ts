/** The composition root: makes every part and hands it what it needs, in reading order. No business is decided here. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import express from 'express';
import type { Logger } from 'pino';
import { accountApplication } from './account/application.ts';
import { applyDeclared } from './admin/apply.ts';
import { listenSocket } from './admin/socket.ts';
import { groupRecorder } from './audit/recorder.ts';
import { trimRecord } from './audit/retention.ts';
import { assuranceOf } from './authentication/assurance.ts';
import { signInRoutes } from './authentication/routes.ts';
import { Subjects } from './authentication/subjects.ts';
import { mountAccount } from './composition/account-pages.ts';
import { openAdministration } from './composition/administration.ts';
import { mountAdministration } from './composition/administration-pages.ts';
import { answering } from './composition/answering.ts';
import { originsOf } from './composition/authenticators.ts';
import { backupFrom } from './composition/backups.ts';
import { certificatesFrom } from './composition/certificates.ts';
import { configurationFor } from './composition/configuration.ts';
import { devicePages, deviceTries } from './composition/device-pages.ts';
import { openEngine } from './composition/engine.ts';
import { beginResealing, keysCheck, openTokenKeys } from './composition/keys.ts';
import { openMail } from './composition/mail.ts';
import { openMethods } from './composition/methods.ts';
import { openNotices } from './composition/notices.ts';
import { lookAt, openObserving } from './composition/observing.ts';
import { oidcPages } from './composition/oidc-pages.ts';
import { openPages } from './composition/pages.ts';
import { registeringFrom } from './composition/registration.ts';
import { currentRequest } from './composition/request.ts';
import { openSaml } from './composition/saml.ts';
import { samlPages } from './composition/saml-pages.ts';
import { openState, openStores } from './composition/stores.ts';
import type { Config } from './config.ts';
import { createLocalStore } from './directory/local.ts';
import { oidcRoom } from './protocols/oidc/room.ts';
import { samlRoom } from './protocols/saml/room.ts';
import { MemoKv } from './state/memo.ts';
import { derive } from './state/sealer.ts';
import { Catalogue } from './store/catalogue.ts';
import { browserOf } from './web/browser.ts';
import { clientAddress } from './web/client-address.ts';
import { csrf } from './web/csrf.ts';
import { errors } from './web/errors.ts';
import { healthRoutes } from './web/health.ts';
import { relatedOrigins } from './web/related-origins.ts';
import { anyone, routes } from './web/routes.ts';

export interface App {
  readonly listener: RequestListener;
  /** Of the port that asks for certificates: what applications come for themselves, and no page. */
  readonly aside: RequestListener;
  /** Ends what the app holds: files, connections, timers. Call after the last answer. */
  close(): Promise<void>;
}

/** How often expired tokens and events past their retention are taken out of the database. */
const PURGE_MS = 3_600_000;

const root = resolve(import.meta.dirname, '..');

export async function buildApp(config: Config, log: Logger, draining: () => boolean = () => false): Promise<App> {
  const now = Date.now;
  const secure = config.issuer.startsWith('https:');

  // What lasts, and what may be lost.
  const stores = await openStores(config, join(root, 'dist', 'embedded-snapshot'));
  const { db, sealer, sealed, users, credentials, browsers, applications, consents, nameIds } = stores;
  const { events, tokens, signingKeys, subjectKey, refreshKey, nonceSecret } = stores;
  const store = openState(config.redisUrl, log);
  const kv = new MemoKv(store);
  // The catalogue comes to know them later.
  const { counters, traces } = await openObserving(config, root, (id) => application(id)?.protocol);
  const writer = groupRecorder(events, currentRequest);

  // What people read, on pages and in their mail.
  const { files, views } = openPages(config, root);
  const mail = await openMail(config, { root, words: views.words, kv, log, now });
  const telling = { messenger: mail.messenger, users, credentials, log, now };
  const { notices, recorder } = openNotices(counters.counting(writer), telling);

  // Ways to prove who one is, and who there is.
  const { password, totp, accessPass, methods } = openMethods(config, { kv, messenger: mail.messenger, log, now });
  const local = createLocalStore(users);
  const applying = { users, credentials, applications, password, totp, knex: db.knex, log, now };
  const disabled = await applyDeclared({ ...applying, config, recorder });
  const catalogue = new Catalogue(applications, { onError: (error) => log.warn({ err: error }, 'catalogue') });
  await catalogue.start();
  const {
    keys: samlKeys,
    providers,
    ...samlParts
  } = await openSaml(config, {
    ...{ catalogue, signingKeys, recorder, log, now },
  });
  const tokenKeys = await openTokenKeys(config, { signingKeys, recorder, log, now });
  const application = (id: string) =>
    id === accountApplication.id ? accountApplication : (catalogue.byId(id) ?? providers.application(id));

  const { engine, sessions, leaving, trail, walking } = openEngine(config, {
    ...{ methods, local, users, credentials, consents, browsers, application, kv, sealer, recorder, notices, now },
  });

  // Pages.
  lookAt(counters, { config, db, samlKeys, tokenKeys, providers });
  const client = clientAddress(config.proxies);
  const web = { secure, address: (req: IncomingMessage) => client(req).address };
  const browser = (req: IncomingMessage, res: ServerResponse) => browserOf(req, res, web);
  const certificates = certificatesFrom(config, now);
  const forms = csrf(config.secrets.map((one) => derive(one, 'csrf')));
  const errorPages = errors({ views, log });

  // Protocols.
  const assurance = assuranceOf(config.assurance.names, methods.values());
  const shared = {
    issuer: config.issuer,
    authentication: engine,
    assurance,
    sessions,
    leaving,
    kv,
    subjects: new Subjects(subjectKey),
    people: users,
    browserOf: browser,
    now,
  };
  const administration = openAdministration(config, {
    configuration: configurationFor(applying, config),
    ...{ knex: db.knex, sealer, recorder, now, accessPass, notices, backup: backupFrom(db, config) },
    keys: { oidc: async () => tokenKeys, saml: async () => samlKeys },
    live: {
      ...{ sessions, methods },
      endTokens: (user) => tokens.destroyByUser(user),
      refresh: () => catalogue.refresh(),
      mail: mail.messenger,
    },
    onFault: (error, request) => log.error({ err: error, request }, 'administration'),
  });
  const oidc = oidcRoom({
    ...{ ...shared, catalogue, tokens, recorder, refreshKey, nonceSecret },
    keys: tokenKeys,
    pages: oidcPages(views, log, now),
    certificates,
    registration: registeringFrom(config, db.knex, sealer),
    device: { pages: devicePages(views), csrf: forms, limits: deviceTries(config.limits) },
    resources: config.resources,
    mayAdminister: administration.mayAdminister,
    cookieKeys: config.secrets.map((one) => derive(one, 'cookies').toString('base64url')),
    languages: views.words.languages.map(({ tag }) => tag),
    claimNames: [...new Set(config.users.flatMap((user) => Object.keys(user.claims)))],
    onFault: (error) => log.error({ err: error }, 'oidc'),
    onUntold: (id, error) => log.warn({ client: id, err: error }, 'a client could not be told that a session ended'),
  });
  for (const asker of oidc.askers) engine.register(asker);
  const saml = samlRoom({
    ...shared,
    entity: config.saml,
    names: nameIds,
    parties: providers,
    keys: samlKeys,
    pages: samlPages(views),
    onUntold: (id, why) => log.warn({ application: id, why }, 'a service provider was not told that a session ended'),
    onRefused: (id, why) => log.info({ application: id, ...why }, 'a service provider was answered with a refusal'),
  });
  engine.register(saml.asker);
  // Not before everybody who has to be told is listening.
  for (const user of disabled) await sessions.endAll(user, 'user disabled');
  // Last of those who are told, so that a record that cannot be written keeps no application from hearing of it.
  sessions.onEnd((session, reason, address) => trail.ended(session, reason, address));

  const app = express().disable('x-powered-by').disable('etag');
  healthRoutes(
    routes(app),
    { database: () => db.ping(), state: () => store.ping(), ...keysCheck(tokenKeys) },
    draining,
  );
  routes(app).get('/assets/:file', anyone, files.handler);
  relatedOrigins(routes(app), originsOf(config));
  signInRoutes(app, { walking, csrf: forms, views, issuer: config.issuer, now, browserOf: browser });
  oidc.mount(app);
  saml.mount(app);
  mountAccount(app, {
    ...{ engine, sessions, leaving, users, credentials, consents, events, recorder, tokens },
    ...{ csrf: forms, views, issuer: config.issuer, now, application, browserOf: browser, password, oidc },
  });
  mountAdministration(app, {
    ...{ ...administration, users, credentials, methods, sessions, recorder, catalogue, password, tokens },
    ...{ csrf: forms, views, issuer: config.issuer, service: config.brand.name, browserOf: browser, now },
    ...{ access: oidc.access, address: web.address },
    onFault: (error) => log.error({ err: error }, 'administration'),
  });
  const demo = config.demo ? await import('./demo/mount.ts') : undefined;
  if (demo && mail.mailbox) demo.mount(app, config, views, files.href('stile.css'), mail.mailbox);
  else routes(app).get('/', anyone, (_req, res) => res.redirect(303, '/account'));
  app.use(errorPages.notFound);
  app.use(errorPages.handler);

  // A read-only DATA_DIR beside Postgres costs the command line its way in, not the server its start.
  const purge = () => {
    tokens.purge(now()).catch((error) => log.warn({ err: error }, 'expired tokens could not be removed'));
    credentials
      .purge(now())
      .catch((error) => log.warn({ err: error }, 'access passes that are over could not be removed'));
    trimRecord({ events, recorder, ...config.audit }, now()).catch((error) =>
      log.warn({ err: error }, 'the record could not be trimmed'),
    );
  };
  const resealing = beginResealing({ sealed, recorder, log, now });
  const purging = setInterval(purge, PURGE_MS).unref();

  const socket = await listenSocket(join(config.dataDir, 'stile.sock'), administration.dispatch).catch((error) =>
    log.warn({ err: error }, 'no socket for the command line'),
  );
  return {
    ...answering({ secure, app, oidc, client, certificates, counters, traces, errorPages }),
    async close() {
      clearInterval(purging);
      catalogue.stop();
      tokenKeys.stop();
      resealing.stop();
      await samlParts.stop();
      await notices.settled();
      mail.close();
      await writer.drain();
      await socket?.close();
      await counters.close();
      await traces.close();
      await kv.close();
      await db.close();
    },
  };
}
