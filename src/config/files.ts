import { dirname, resolve } from 'node:path';
import type { ReadFile } from './environment.ts';
import { type Problem, problem } from './problems.ts';

type Values = Record<string, unknown>;

const values = (value: unknown): Values => (typeof value === 'object' && value !== null ? (value as Values) : {});
const list = (value: unknown): Values[] => (Array.isArray(value) ? value.map(values) : []);

/** What a file named by `<key>_file` holds, without the newline at its end. */
export interface Contents {
  /** By the path of its key in the configuration, as `spell` writes it. */
  get(at: string): string | undefined;
  readonly problems: readonly Problem[];
}

/** Reads every file the configuration names, relative to where the configuration itself lies. */
export function readNamed(file: Values, configuration: string, readFile: ReadFile): Contents {
  const read = new Map<string, string>();
  const problems: Problem[] = [];
  const take = (holder: Values, path: readonly PropertyKey[], key: string) => {
    const name = holder[key];
    if (typeof name !== 'string' || name.trim() === '') return;
    const at = problem([...path, key], '').at;
    try {
      const contents = readFile(resolve(dirname(configuration), name)).replace(/\r?\n$/u, '');
      read.set(at, contents);
      if (contents === '') problems.push(problem([...path, key], `names ${name}, which is empty`));
    } catch (error) {
      problems.push(problem([...path, key], `names ${name}, which cannot be read (${(error as Error).message})`));
    }
  };
  list(file.applications).forEach((one, i) => {
    take(values(one.oidc), ['applications', i, 'oidc'], 'client_secret_file');
    take(values(one.saml), ['applications', i, 'saml'], 'metadata_file');
    take(values(one.saml), ['applications', i, 'saml'], 'signing_cert_file');
  });
  list(file.federations).forEach((one, i) => {
    // Its metadata_file may be large, and is somebody else's to keep fresh.
    take(one, ['federations', i], 'signing_cert_file');
  });
  list(file.users).forEach((one, i) => {
    take(one, ['users', i], 'password_file');
  });
  const authenticators = values(values(values(file.methods).webauthn).authenticators);
  take(authenticators, ['methods', 'webauthn', 'authenticators'], 'metadata_file');
  take(authenticators, ['methods', 'webauthn', 'authenticators'], 'metadata_roots_file');
  take(values(file.tls), ['tls'], 'cert_file');
  take(values(file.tls), ['tls'], 'key_file');
  take(values(file.tls), ['tls'], 'client_ca_file');
  take(values(file.brand), ['brand'], 'logo_file');
  take(values(file.metrics), ['metrics'], 'token_file');
  take(values(file.mail), ['mail'], 'password_file');
  take(values(file.mail), ['mail'], 'ca_file');
  return { get: (at) => read.get(at), problems };
}
