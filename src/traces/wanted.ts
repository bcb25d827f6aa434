import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Traces {
  /** Runs `act` inside the span of this request, under the caller's trace when a proxy of ours says which (W3C traceparent). */
  request(
    about: { req: IncomingMessage; res: ServerResponse; group: string; id: string; trusted: boolean },
    act: () => void,
  ): void;
  /** Sends what has been gathered, for at most two seconds. */
  close(): Promise<void>;
}

export const noTraces: Traces = {
  request: (_about, act) => act(),
  close: async () => {},
};

type Environment = Readonly<Record<string, string | undefined>>;

/** True when the environment names a collector and does not turn traces off. */
export const tracesWanted = (env: Environment): boolean =>
  Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim() || env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim()) &&
  env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' &&
  env.OTEL_TRACES_EXPORTER !== 'none';
