/**
 * The configuration: one YAML file, the environment, and the secrets in files they name. Owns their shape, the defaults
 * and the list of everything that is wrong, which it gives all at once. Asks the file system through `readFile`; must not
 * know what is done with any of it. What may be written is shown, key by key, in config/stile.example.yaml.
 */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { assemble, namesOf } from './config/assemble.ts';
import { between } from './config/between.ts';
import { type Environment, type ReadFile, readEnvironment, type Surroundings } from './config/environment.ts';
import { readNamed } from './config/files.ts';
import type { IdentityProvider } from './config/identity-provider.ts';
import type { ConfiguredKeys } from './config/keys.ts';
import type { ConfiguredMail } from './config/mail.ts';
import { type InspectMetadata, metadataProblems } from './config/metadata.ts';
import type { ConfiguredMethods } from './config/methods.ts';
import { prepare, valueAt } from './config/prepare.ts';
import { ConfigurationError, describe, type Problem } from './config/problems.ts';
import { type File, schema } from './config/schema.ts';
import { holdsDemo, holdsOthers, keepSecret, markDemo } from './config/secret.ts';
import { type ClientCertificates, pemProblems } from './config/tls.ts';
import { type InspectStatements, webauthnProblems } from './config/webauthn.ts';
import { inFile, readYaml } from './config/yaml.ts';
import type { Application } from './domain/application.ts';
import type { Resource } from './domain/resource.ts';
import type { Role } from './domain/role.ts';
import type { User } from './domain/user.ts';
import type { MethodSettings } from './policy/method-settings.ts';

export type { InspectMetadata } from './config/metadata.ts';
export { ConfigurationError } from './config/problems.ts';

/** An application of the file, ready for the table of applications. */
export type ConfiguredApplication = Omit<Application, 'disabled'>;

export interface ConfiguredUser
  extends Pick<User, 'store' | 'username' | 'name' | 'email' | 'emailVerified' | 'groups' | 'claims'> {
  /** What seeds a new user: at most one of the two. */
  readonly password?: string;
  readonly passwordHash?: string;
  readonly totp?: {
    readonly secret: string;
    readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512';
    readonly digits: 6 | 8;
    readonly label?: string;
  };
}

/** Service providers that are known by an aggregate somebody else signs. Exactly one of `url` and `file`. */
export interface ConfiguredFederation {
  readonly id: string;
  readonly url?: string;
  /** Absolute path. */
  readonly file?: string;
  /** PEM; one of them signs. */
  readonly certificates: string;
  readonly thirdParty: boolean;
  readonly groups?: readonly string[];
  /** For all of them: keys of an application's `saml:`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface Config {
  /** Public passwords: only this machine may reach it. */
  readonly demo: boolean;
  /** The YAML file read, for messages. */
  readonly file: string;
  readonly port: number;
  /** The address to listen on; undefined is every address. */
  readonly host: string | undefined;
  /** An origin. */
  readonly issuer: string;
  /** Absolute. Holds the embedded database, the made secret and the command line's socket. */
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** At least one; the first is current. */
  readonly secrets: readonly string[];
  readonly applications: readonly ConfiguredApplication[];
  /** APIs that trust our access tokens; our own is not among them. */
  readonly resources: readonly Resource[];
  readonly federations: readonly ConfiguredFederation[];
  readonly users: readonly ConfiguredUser[];
  readonly stores: readonly { readonly id: string; readonly methods: MethodSettings }[];
  /** What groups say of methods. */
  readonly groups: readonly { readonly name: string; readonly methods: MethodSettings }[];
  readonly methods: ConfiguredMethods;
  /** Wire names (acr values, AuthnContext classes) to ids of strengths, in the order they are announced. */
  readonly assurance: {
    readonly names: Readonly<Record<string, string>>;
    /** Whether a code by email, or a recovery code, is half of two factors. */
    readonly emailCode: 'factor' | 'none';
    readonly recoveryCode: 'factor' | 'none';
  };
  /** Seconds. */
  readonly session: { readonly idle: number; readonly absolute: number; readonly stay: number };
  readonly limits: {
    readonly lockAfter: number;
    readonly lockSeconds: number;
    readonly disableAfter: number;
    readonly addressFailures: number;
    readonly addressSeconds: number;
  };
  /** `window` in steps of 30 seconds. */
  readonly totp: { readonly window: number };
  /** CIDRs. */
  readonly proxies: readonly string[];
  /** PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Undefined where no certificate of a client can reach us. */
  readonly clientCertificates: ClientCertificates | undefined;
  readonly brand: {
    readonly name: string;
    readonly accent: string | undefined;
    /** Absolute path. */
    readonly logoFile: string | undefined;
    readonly helpUrl: string | undefined;
    readonly privacyUrl: string | undefined;
  };
  /** How the keys of tokens change. */
  readonly keys: ConfiguredKeys;
  /** What we are to SAML service providers. */
  readonly saml: IdentityProvider;
  /** Who administers, by role: user names of the local store, and groups. */
  readonly roles: readonly {
    readonly role: Role;
    readonly users: readonly string[];
    readonly groups: readonly string[];
  }[];
  /** Seconds: how old the proof behind a change by the API may be. */
  readonly administration: { readonly fresh: number };
  /** Applications that register themselves; undefined where they may not. `most` of them, asking for at most `scopes`. */
  readonly registration: { readonly scopes: readonly string[]; readonly most: number } | undefined;
  /** `window` in seconds. */
  readonly enrolment: { readonly first: 'password' | 'mailed-link' | 'pass'; readonly window: number };
  /** Undefined: no mail is sent, and what needs it is not there. */
  readonly mail: ConfiguredMail | undefined;
  /** A port of its own, or a token on the main one; undefined is off. */
  readonly metrics: { readonly port: number } | { readonly token: string } | undefined;
  /** Seconds the record reaches back; 0 is for ever. */
  readonly audit: { readonly retention: number };
  readonly log: { readonly level: File['log']['level'] };
}

const root = resolve(import.meta.dirname, '..');

export interface Sources {
  readonly env: Environment;
  readonly readFile?: ReadFile;
  /** The SAML room's; without it metadata is taken unread. */
  readonly inspect?: InspectMetadata;
  /** The same of the WebAuthn method, for statements about authenticators. */
  readonly inspectStatements?: InspectStatements;
}

/**
 * Reads everything and writes nothing; throws a ConfigurationError that names every problem. `secrets` is empty where none
 * was given and none is needed from outside.
 */
export function readConfig({ env, readFile = (path) => readFileSync(path, 'utf8'), ...inspecting }: Sources): Config {
  const around = readEnvironment(env, readFile);
  const path = around.file ?? join(root, 'config/demo.yaml');
  const problems = around.problems.map(({ at, wrong }) => `environment: ${at} ${wrong}`);
  const read = readSettings(path, around, { readFile, ...inspecting }, problems);
  problems.push(...folderProblems(around));
  if (!read || problems.length > 0 || around.issuer === undefined) throw new ConfigurationError(problems);
  return assemble(path, { ...around, issuer: around.issuer }, read.file, read.contents);
}

/** The same for a start: puts a secret into DATA_DIR (mode 0600) where none was given, and the mark of the demo. */
export function loadConfig(sources: Sources): Config {
  const config = readConfig(sources);
  if (config.demo) markDemo(config.dataDir);
  return config.secrets.length > 0 ? config : { ...config, secrets: keepSecret(config.dataDir) };
}

/** The file by the schema and between its keys; undefined, with the problems added, when it cannot be used. */
function readSettings(
  path: string,
  around: Surroundings,
  { readFile, inspect, inspectStatements }: Omit<Sources, 'env'> & { readonly readFile: ReadFile },
  problems: string[],
) {
  const shown = relative(process.cwd(), path).startsWith('..') ? path : relative(process.cwd(), path);
  let source: string;
  try {
    source = readFile(path);
  } catch (error) {
    problems.push(`environment: STILE_CONFIG names ${path}, which cannot be read (${(error as Error).message})`);
    return undefined;
  }
  const yaml = readYaml(source);
  problems.push(...yaml.mistakes.map((mistake) => `${shown}:${mistake}`));
  if (yaml.mistakes.length > 0) return undefined;
  const issuer = around.issuer ?? 'http://localhost:3000';
  const raw = prepare(yaml.value, issuer);
  const result = schema.safeParse(raw);
  const contents = readNamed(raw as Record<string, unknown>, path, readFile);
  const found: Problem[] = [
    ...(result.error?.issues.flatMap((issue) => describe(issue, valueAt(raw, issue.path))) ?? []),
    ...between(
      raw as Record<string, unknown>,
      Object.keys(namesOf(valueAt(raw, ['assurance', 'names']))),
      around.issuer,
    ),
    ...contents.problems,
    ...metadataProblems(raw as Record<string, unknown>, contents, issuer, inspect),
    ...webauthnProblems(raw as Record<string, unknown>, contents, issuer, inspectStatements),
    ...pemProblems(contents),
  ];
  const inOrder = found.map((one) => ({ one, line: yaml.lineOf(one.path ?? []) })).sort((a, b) => a.line - b.line);
  problems.push(...new Set(inOrder.map(({ one }) => inFile(shown, yaml, one))));
  return result.success ? { file: result.data, contents } : undefined;
}

/** Passwords everybody knows must never come to lie in the folder of a server that others reach, nor the other way. */
function folderProblems({ demo, dataDir, databaseUrl }: Surroundings): string[] {
  if (demo && holdsOthers(dataDir))
    return [
      `environment: DATA_DIR is ${dataDir}, which a server with a configuration of its own uses: the demo takes another`,
    ];
  if (!demo && !databaseUrl && holdsDemo(dataDir))
    return [`environment: DATA_DIR is ${dataDir}, which holds the demo and its public passwords: take another`];
  return [];
}
