import type { Registry } from 'prom-client';
import type { AuditEvent } from '../audit/event.ts';

type Prometheus = typeof import('prom-client');

/** More applications than this share the label `other`: a federation has thousands, and each label is a series. */
export const MOST_APPLICATIONS = 200;

/** Counts sign-ins by protocol, application and outcome: `silent`, `interactive`, or the code of a refusal. */
export function signingIn(
  { Counter }: Prometheus,
  registry: Registry,
  protocolOf: (application: string) => string | undefined,
): (event: Pick<AuditEvent, 'type' | 'application' | 'detail'>) => void {
  const counter = new Counter({
    name: 'stile_sign_ins_total',
    help: 'Sign-ins, by protocol, application and outcome (silent, interactive, or the code of the refusal)',
    labelNames: ['protocol', 'application', 'outcome'],
    registers: [registry],
  });
  const named = new Set<string>();
  const nameOf = (application: string) => {
    if (named.size < MOST_APPLICATIONS) named.add(application);
    return named.has(application) ? application : 'other';
  };
  return ({ type, application = '', detail }) => {
    const outcome =
      type === 'sign-in'
        ? detail?.silent
          ? 'silent'
          : 'interactive'
        : type === 'sign-in.refused'
          ? String(detail?.refusal)
          : undefined;
    if (outcome === undefined) return;
    counter.inc({ protocol: protocolOf(application) ?? 'own', application: nameOf(application), outcome });
  };
}
