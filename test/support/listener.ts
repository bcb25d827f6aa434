import { createServer, type Server } from 'node:http';

/** An application's own endpoint on loopback: what was posted to it, and a wait for the next one. */
export class Listener {
  readonly posts: string[] = [];
  readonly #server: Server;
  #waiting: (() => void)[] = [];

  private constructor() {
    this.#server = createServer(async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      this.posts.push(body);
      res.end();
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  static async start(): Promise<Listener> {
    const listener = new Listener();
    await new Promise<void>((resolve) => listener.#server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Resolves once `count` posts have arrived. */
  async received(count: number): Promise<readonly string[]> {
    while (this.posts.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.posts;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
