import { createHmac } from 'node:crypto';

/** How people and sessions are called towards applications. `key` must outlive everything: a new one renames everybody. */
export class Subjects {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Pairwise subject (OIDC Core section 8.1): the same for all clients of one sector, unlinkable between sectors. */
  pairwise(user: string, sector: string): string {
    return this.#digest(`pairwise ${sector} ${user}`).slice(0, 43);
  }

  /** The session as one client knows it, so that two clients cannot compare theirs. */
  sid(session: string, client: string): string {
    return this.#digest(`sid ${session} ${client}`).slice(0, 22);
  }

  #digest = (text: string) => createHmac('sha256', this.#key).update(text).digest('base64url');
}
