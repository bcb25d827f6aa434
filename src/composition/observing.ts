/** Metrics and traces put together: what looks on, and at what. A part of the composition root. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Ring } from '../keys/ring.ts';
import { passwordsWaiting } from '../methods/password/hash.ts';
import { type Metrics, metrics, noMetrics } from '../metrics/metrics.ts';
import type { Keyring } from '../protocols/saml/keys/keys.ts';
import type { Providers } from '../protocols/saml/providers/providers.ts';
import type { Db } from '../store/database.ts';
import { noTraces, type Traces, tracesWanted } from '../traces/wanted.ts';

/** `root` is where package.json lies; traces are asked for by the environment alone, as OpenTelemetry has it. */
export async function openObserving(
  config: Pick<Config, 'metrics'>,
  root: string,
  protocolOf: (application: string) => string | undefined,
): Promise<{ counters: Metrics; traces: Traces }> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    counters: config.metrics ? await metrics({ on: config.metrics, version, protocolOf }) : noMetrics,
    traces: tracesWanted(process.env) ? (await import('../traces/traces.ts')).openTraces(version) : noTraces,
  };
}

export function lookAt(
  counters: Metrics,
  {
    config,
    db,
    samlKeys,
    tokenKeys,
    providers,
  }: {
    config: Pick<Config, 'tls'>;
    db: Db;
    samlKeys: Pick<Keyring, 'published' | 'shown'>;
    tokenKeys: Pick<Ring, 'shown'>;
    providers: Pick<Providers, 'standing'>;
  },
): void {
  const tls = config.tls ? Date.parse(new X509Certificate(config.tls.cert).validTo) : undefined;
  counters.look({
    pool: () => db.pool(),
    passwordsWaiting,
    expiring: () => [
      ...samlKeys.published().map(({ alg, state, notAfter }) => ({
        what: 'saml-certificate',
        name: `${alg} ${state}`,
        at: notAfter / 1000,
      })),
      // Of the configuration: nobody renews it but whoever wrote it there.
      ...providers.standing().flatMap(({ name, renewed, ends }) => {
        return renewed || ends === undefined ? [] : [{ what: 'saml-metadata', name, at: ends / 1000 }];
      }),
      ...(tls === undefined ? [] : [{ what: 'tls-certificate', name: 'own', at: tls / 1000 }]),
    ],
    rotating: () =>
      Object.entries({ oidc: tokenKeys, saml: samlKeys }).map(([use, keys]) => ({
        use,
        at: seconds(keys.shown().rotatesAt),
      })),
    metadata: () =>
      providers
        .standing()
        .filter(({ renewed }) => renewed)
        .map(({ name, ends, failures }) => ({ name, ends: seconds(ends), failures })),
  });
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
