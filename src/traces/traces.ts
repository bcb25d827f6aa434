/**
 * Traces for whoever collects them by OpenTelemetry. Owns spans and what may stand in them: kinds, names out of closed
 * lists, statuses, times; never an address, a name, a parameter or a value. Configured by the standard's own environment; the SDK is
 * loaded only then. Must not know what a request is about.
 */
import { context, propagation, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { type Work, watch } from '../domain/watching.ts';
import { startSdk } from './sdk.ts';
import type { Traces } from './wanted.ts';

/** What is done is a span of these kinds (OpenTelemetry's semantic conventions). */
const attributes: Readonly<Record<Work, (name: string) => Record<string, string>>> = {
  redis: (name) => ({ 'db.system.name': 'redis', 'db.operation.name': name }),
  sql: (name) => ({ 'db.system.name': 'postgresql', 'db.operation.name': name }),
  password: (name) => ({ 'stile.password': name }),
  call: (name) => ({ 'server.address': name }),
  mail: (name) => ({ 'stile.mail': name }),
};

const CLOSING_MS = 2000;

export function openTraces(version: string): Traces {
  const sdk = startSdk(version);
  const tracer = trace.getTracer('stile', version);
  const unwatch = watch((work, name) => {
    // What is done for nobody's request (timers, the start) would be traces of one span each.
    if (!trace.getActiveSpan()) return () => {};
    const span = tracer.startSpan(`${work} ${name}`, { kind: SpanKind.CLIENT, attributes: attributes[work](name) });
    return (error) => end(span, error);
  });
  return {
    request: (about, act) => within(tracer, about, act),
    async close() {
      unwatch();
      await Promise.race([sdk.shutdown().catch(() => {}), new Promise((done) => setTimeout(done, CLOSING_MS).unref())]);
    },
  };
}

function within(
  tracer: Tracer,
  { req, res, group, id, trusted }: Parameters<Traces['request']>[0],
  act: () => void,
): void {
  const parent = trusted
    ? propagation.extract(context.active(), {
        traceparent: req.headers.traceparent,
        tracestate: req.headers.tracestate,
      })
    : context.active();
  const method = /^[A-Z]{3,7}$/.test(req.method ?? '') ? (req.method as string) : 'OTHER';
  const span = tracer.startSpan(
    `${method} ${group}`,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': group, 'stile.request': id } },
    parent,
  );
  res.once('close', () => {
    span.setAttribute('http.response.status_code', res.statusCode);
    if (res.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  context.with(trace.setSpan(parent, span), act);
}

/** An error's class alone: its words may hold what somebody typed. */
function end(span: Span, error?: unknown): void {
  if (error !== undefined) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', (error as Error)?.name ?? 'unknown');
  }
  span.end();
}
