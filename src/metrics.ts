/** What an operator may ask by Prometheus: the process, requests by outcome and time, and what was put on record. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AuditEvent, Recorder } from './audit/event.ts';

export interface Metrics {
  /** Counts what is put on record, by type. */
  counting(recorder: Recorder): Recorder;
  /** Times one request; call before it is answered. */
  time(res: ServerResponse): void;
  /** Answers GET /metrics on the main port for whoever has the token; false when the request is not for it. */
  answer(req: IncomingMessage, res: ServerResponse): boolean;
  close(): Promise<void>;
}

/** Off: no library loaded, nothing counted. */
export const noMetrics: Metrics = {
  counting: (recorder) => recorder,
  time: () => {},
  answer: () => false,
  close: async () => {},
};

/** On a port of its own (loopback-neutral, for the inside of a network), or on ours behind a bearer token. */
export async function metrics(on: { port: number } | { token: string }): Promise<Metrics> {
  // Bundled CommonJS has its exports on `default` alone.
  const { collectDefaultMetrics, Counter, Histogram, Registry } = (await import('prom-client')).default;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'stile_events_total',
    help: 'Audit events, by type',
    labelNames: ['type'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'stile_http_request_seconds',
    help: 'Time to answer, by class of status',
    labelNames: ['status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
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
      },
    }),
    time(res) {
      const end = seconds.startTimer();
      res.once('finish', () => end({ status: `${Math.floor(res.statusCode / 100)}xx` }));
    },
    answer(req, res) {
      if (!('token' in on) || !isMetrics(req)) return false;
      if (sameToken(req.headers.authorization, `Bearer ${on.token}`)) void send(res);
      else res.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
      return true;
    },
    close: () => new Promise((resolve) => (own ? own.close(() => resolve()) : resolve())),
  };
}

/** Compared by their hashes, so that neither content nor length can be timed. */
function sameToken(given: string | undefined, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(hash(given), hash(wanted));
}
