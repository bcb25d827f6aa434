/**
 * Counts what a server asks of Redis and of Postgres, without the server's help: a proxy on loopback between them that
 * reads along. The same for every server, so that two of them are counted alike.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface Counter {
  /** The store's address, by way of the proxy. */
  readonly url: string;
  /** What went by since the last `reset`, one line each: a trip to Redis, a statement for Postgres. */
  readonly seen: readonly string[];
  reset(): void;
  stop(): Promise<void>;
}

type Watch = { sent(chunk: Buffer): void; answered(): void };

/** One trip is whatever a connection sends until an answer comes: commands sent together wait together. */
export function countTrips(url: string): Promise<Counter> {
  return proxy(url, (note) => {
    let waiting = false;
    return {
      sent(chunk) {
        if (!waiting)
          note(
            chunk
              .toString('latin1')
              .replace(/[*$]\d+\r\n|\r\n/g, ' ')
              .slice(0, 80),
          );
        waiting = true;
      },
      answered() {
        waiting = false;
      },
    };
  });
}

/** One statement is a Query or an Execute of the wire protocol; begin and commit are statements like any other. */
export function countStatements(url: string): Promise<Counter> {
  return proxy(url, (note) => {
    const texts = new Map<string, string>();
    let bound = '';
    let rest = Buffer.alloc(0);
    let begun = false;
    const message = (type: string, body: Buffer) => {
      const [first = '', second = ''] = body.toString('utf8').split('\0', 2);
      if (type === 'Q') note(first);
      if (type === 'P') texts.set(first, second);
      if (type === 'B') bound = texts.get(second) ?? '';
      if (type === 'E') note(bound);
    };
    return {
      sent(chunk) {
        rest = Buffer.concat([rest, chunk]);
        // What opens a connection has no type, only a length.
        while (rest.length >= (begun ? 5 : 4)) {
          const head = begun ? 1 : 0;
          const end = head + rest.readUInt32BE(head);
          if (rest.length < end) return;
          if (begun) message(String.fromCharCode(rest[0]!), rest.subarray(5, end));
          begun = true;
          rest = rest.subarray(end);
        }
      },
      answered() {},
    };
  });
}

async function proxy(url: string, watch: (note: (line: string) => void) => Watch): Promise<Counter> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let seen: string[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    const store = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const watching = watch((line) => seen.push(line));
    for (const [from, to] of [
      [client, store],
      [store, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy() && sockets.delete(from));
      from.on('data', (chunk) => {
        if (from === client) watching.sent(chunk);
        else watching.answered();
        to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as { port: number }).port);
  return {
    url: through.href,
    get seen() {
      return [...seen];
    },
    reset() {
      seen = [];
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
