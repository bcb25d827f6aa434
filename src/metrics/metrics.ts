/**
 * What an operator may ask by Prometheus: are people signing in, what is slow, what is full, what will break, which version.
 * Owns the names (docs/operations.md lists them) and the ends of every label: a label never grows with what strangers
 * send. Must not know a person.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AuditEvent, Recorder } from '../audit/event.ts';
import { type Looks, looking } from './looks.ts';
import { signingIn } from './signing-in.ts';
import { working } from './work.ts';

export interface Metrics {
  /** Counts what is put on record, by type. */
  counting(recorder: Recorder): Recorder;
  /** Times one request of a group; call before it is answered. */
  time(res: ServerResponse, group: string): void;
  /** What is looked at when somebody asks. */
  look(looks: Looks): void;
  /** Answers GET /metrics on the main port for whoever has the token; false when the request is not for it. */
  answer(req: IncomingMessage, res: ServerResponse): boolean;
  close(): Promise<void>;
}

/** Off: no library loaded, nothing counted. */
export const noMetrics: Metrics = {
  counting: (recorder) => recorder,
  time: () => {},
  look: () => {},
  answer: () => false,
  close: async () => {},
};

export interface MetricsParts {
  /** On a port of its own (for the inside of a network), or on ours behind a bearer token. */
  readonly on: { readonly port: number } | { readonly token: string };
  readonly version: string;
  /** An application's protocol; undefined for one that is not known. */
  readonly protocolOf: (application: string) => string | undefined;
}

export async function metrics({ on, version, protocolOf }: MetricsParts): Promise<Metrics> {
  // Bundled CommonJS has its exports on `default` alone.
  const prometheus = (await import('prom-client')).default;
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = prometheus;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({ name: 'stile_build_info', help: 'Always 1', labelNames: ['version', 'node'], registers })
    .labels(version, process.version)
    .set(1);
  const events = new Counter({
    name: 'stile_events_total',
    help: 'Audit events, by type',
    labelNames: ['type'],
    registers,
  });
  const seconds = new Histogram({
    name: 'stile_http_request_seconds',
    help: 'Time to answer, by group of paths and class of status',
    labelNames: ['group', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const signIns = signingIn(prometheus, registry, protocolOf);
  const stopWorking = working(prometheus, registry);
  const send = async (res: ServerResponse) => {
    const text = await registry.metrics();
    res.setHeader('content-type', registry.contentType);
    res.setHeader('cache-control', 'no-store');
    res.end(text);
  };
  const isMetrics = (req: IncomingMessage) => req.url?.split('?')[0] === '/metrics';
  const own =
    'port' in on ? createServer((req, res) => void (isMetrics(req) ? send(res) : res.writeHead(404).end())) : undefined;
  if (own && 'port' in on) {
    await new Promise<void>((resolve, reject) => own.once('error', reject).listen(on.port, resolve));
  }
  return {
    counting: (recorder) => ({
      async record(event: AuditEvent) {
        await recorder.record(event);
        events.inc({ type: event.type });
        signIns(event);
      },
    }),
    time(res, group) {
      const end = seconds.startTimer();
      res.once('finish', () => end({ group, status: `${Math.floor(res.statusCode / 100)}xx` }));
    },
    look: (looks) => looking(prometheus, registry, looks),
    answer(req, res) {
      if (!('token' in on) || !isMetrics(req)) return false;
      if (sameToken(req.headers.authorization, `Bearer ${on.token}`)) void send(res);
      else res.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      return true;
    },
    async close() {
      stopWorking();
      await new Promise<void>((resolve) => (own ? own.close(() => resolve()) : resolve()));
    },
  };
}

/** Compared by their hashes, so that neither content nor length can be timed. */
function sameToken(given: string | undefined, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(hash(given), hash(wanted));
}
