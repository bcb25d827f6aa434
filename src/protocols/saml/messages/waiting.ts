import { randomBytes } from 'node:crypto';
import type { Kv } from '../../../state/kv.ts';
import { WAITING_SECONDS } from './receiving.ts';

/**
 * Messages that came by POST and passed every check, until a GET of our own takes them up some redirects later: a form
 * posted from another site brings no Lax cookie. In Kv under `<kind>:<id>`.
 */
export class Waiting {
  readonly #kv: Kv;
  readonly #kind: 'sw' | 'lw';

  constructor(kv: Kv, kind: 'sw' | 'lw') {
    this.#kv = kv;
    this.#kind = kind;
  }

  /** The id it is found by. */
  async keep(text: string): Promise<string> {
    const id = randomBytes(18).toString('base64url');
    await this.#kv.set(`${this.#kind}:${id}`, text, WAITING_SECONDS);
    return id;
  }

  async find(id: string): Promise<string | undefined> {
    return (await this.#kv.read(`${this.#kind}:${id}`))?.value;
  }
}
