/** The administration put together, for a server and for a command without one alike. A part of the composition root. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { dispatcher } from '../admin/api/dispatch.ts';
import type { Dispatch } from '../admin/api/request.ts';
import { HeldRoles } from '../admin/held.ts';
import type { AdminParts, Live } from '../admin/operations/parts.ts';
import type { Recorder } from '../audit/event.ts';
import type { Config } from '../config.ts';
import type { MayAdminister } from '../domain/access.ts';
import type { Role } from '../domain/role.ts';
import type { SecretsSealer } from '../domain/sealer.ts';
import type { User } from '../domain/user.ts';
import { type AccessPass, termsOf } from '../methods/access-pass/access-pass.ts';
import { scopedSettings, settingOf } from '../policy/method-settings.ts';
import { atLeast, builtIn, mfa } from '../policy/strengths.ts';
import { mintInitialAccessToken } from '../protocols/oidc/registration/initial-access.ts';
import { inspect } from '../protocols/saml/providers/declared.ts';
import { ApiAnswers } from '../store/api-answers.ts';
import { Applications } from '../store/applications.ts';
import type { Spooled } from '../store/backup/spooling.ts';
import { Credentials } from '../store/credentials.ts';
import { Events } from '../store/events.ts';
import { RegistrationLinks } from '../store/registration-links.ts';
import { RoleGrants } from '../store/role-grants.ts';
import { Sealed } from '../store/sealed.ts';
import { Users } from '../store/users.ts';
import { registeringFrom } from './registration.ts';
import { currentRequest } from './request.ts';

export interface Administered extends Pick<AdminParts, 'keys' | 'configuration'> {
  readonly knex: Knex;
  readonly sealer: SecretsSealer;
  readonly recorder: Recorder;
  /** `program` is the version of this one. */
  backup(program: string, at: number): Promise<Spooled>;
  readonly accessPass: Pick<AccessPass, 'issue'>;
  readonly notices?: AdminParts['notices'];
  /** Absent where no server runs. */
  readonly live?: Live;
  readonly now: () => number;
  readonly onFault: (error: unknown, request: string) => void;
}

export interface Administration {
  readonly dispatch: Dispatch;
  readonly version: string;
  readonly grants: RoleGrants;
  readonly links: RegistrationLinks;
  rolesOf(user: User): Promise<readonly Role[]>;
  /** Whether a token's acr is two factors at least. */
  strong(acr: string | undefined): boolean;
  readonly mayAdminister: MayAdminister;
}

export function openAdministration(
  config: Pick<
    Config,
    'issuer' | 'roles' | 'administration' | 'assurance' | 'registration' | 'methods' | 'stores' | 'groups'
  >,
  { knex, sealer, keys, configuration, recorder, backup, accessPass, notices, live, now, onFault }: Administered,
): Administration {
  const grants = new RoleGrants(knex);
  const registering = registeringFrom(config, knex, sealer);
  const version = versionOf();
  const roles = new HeldRoles(config.roles, grants);
  const applications = new Applications(knex, sealer);
  const links = new RegistrationLinks(knex, sealer);
  const settings = scopedSettings(config);
  const names = Object.entries(config.assurance.names);
  const strong = names.filter(([, id]) => atLeast(builtIn[id] as typeof mfa, mfa)).map(([name]) => name);
  const dispatch = dispatcher({
    parts: {
      ...{ issuer: config.issuer, version, roles, applications, links, keys, configuration, recorder, live, now },
      backup: (at) => backup(version, at),
      users: new Users(knex),
      credentials: new Credentials(knex, sealer),
      events: new Events(knex),
      sealed: new Sealed(knex, sealer),
      answers: new ApiAnswers(knex, sealer),
      registration: registering && {
        scopes: registering.scopes,
        allow: mintInitialAccessToken({ ...registering, now }),
      },
      passes: {
        longest: config.methods.accessPass.longest,
        allowed: (user) => settingOf(settings, user, 'access-pass').state !== 'off',
        issue: accessPass.issue,
        termsOf,
      },
      notices,
      rules: { names: names.map(([name]) => name), inspect },
    },
    demands: { fresh: config.administration.fresh, acrValues: strong },
    onFault,
    requestName: currentRequest,
  });
  return {
    ...{ dispatch, version, grants, links },
    rolesOf: (user) => roles.of(user),
    strong: (acr) => acr !== undefined && strong.includes(acr),
    async mayAdminister(who) {
      if ('user' in who) return (await roles.of(who.user)).length > 0;
      const application = await applications.find(who.application);
      return application?.role !== undefined && !application.disabled;
    },
  };
}

const versionOf = (): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')).version as string;
