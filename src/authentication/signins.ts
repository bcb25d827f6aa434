/**
 * SignIns: one attempt in progress, minutes long, in Kv under `i:<id>`, sealed (it may hold a new TOTP secret), bound to
 * one browser by the hash of its cookie and changed by compare-and-swap only, so that a double submit cannot pass twice.
 */
import { randomBytes } from 'node:crypto';
import type { Ask } from '../domain/ask.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { Sealer } from '../domain/sealer.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { Kv } from '../state/kv.ts';
import { NotOurSecret } from '../state/sealer.ts';
import { browserHash } from '../web/browser.ts';

/** How long a sign-in stays open, in seconds. Said on the page that meets whoever comes later. */
export const SIGN_IN_SECONDS = 15 * 60;

/** What the last answer came to, told once on the next page. */
export type Said = { readonly method?: string } & (
  | { readonly kind: 'wrong'; readonly reason?: string; readonly named?: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'locked'; readonly until: number; readonly reference: string }
);

export interface SignIn {
  readonly id: string;
  readonly asker: string;
  readonly ticket: string;
  readonly ask: Ask;
  /** Hash of the browser's cookie. */
  readonly browser: string;
  /** Where it began, for messages about it. */
  readonly agent?: string;
  readonly address?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** What was typed as the name. */
  readonly name?: string;
  /** Whom this walk is about: whoever was named, or signed in when it began; undefined for nobody we know. */
  readonly user?: string;
  /** What this walk proved, about `user`. */
  readonly proofs: readonly Evidence[];
  /** What it showed that is no evidence. */
  readonly standIns?: readonly StandIn[];
  /** The method the person wants, and the challenge it stands at. */
  readonly chosen?: string;
  readonly choosing?: boolean;
  /** The person has none of what is asked for. */
  readonly lost?: true;
  readonly challenge?: {
    readonly method: string;
    readonly state: string;
    readonly show: Readonly<Record<string, unknown>>;
  };
  readonly registration?: { readonly method: string; readonly state: string };
  /** Methods registered in this walk. */
  readonly registered?: readonly string[];
  /** Methods suggested in this walk, for which the person had no time. */
  readonly declined?: readonly string[];
  readonly said?: Said;
  readonly stay: boolean;
  /** What the person agreed to share in this walk. */
  readonly agreed?: readonly string[];
  readonly end?: { readonly user: string } | { readonly refusal: RefusalCode };
}

/** A SignIn as it was read; `version` guards the next write. */
export interface Held {
  readonly signIn: SignIn;
  readonly version: string;
}

export class SignIns {
  readonly #kv: Kv;
  readonly #sealer: Sealer;

  constructor(kv: Kv, sealer: Sealer) {
    this.#kv = kv;
    this.#sealer = sealer;
  }

  newId(): string {
    return randomBytes(18).toString('base64url');
  }

  key(id: string): string {
    return `i:${id}`;
  }

  async create(signIn: SignIn): Promise<void> {
    await this.#kv.set(this.key(signIn.id), this.#seal(signIn), SIGN_IN_SECONDS);
  }

  /** The sign-in, if it is this browser's. Another browser's is as unknown as one that never was. */
  async read(id: string, browserId: string | undefined): Promise<Held | undefined> {
    const held = browserId ? await this.ofAnyone(id) : undefined;
    return held && browserId && held.signIn.browser === browserHash(browserId) ? held : undefined;
  }

  /** The sign-in, whoever's: to tell the reader of a message that belongs to it where it is. */
  async ofAnyone(id: string): Promise<Held | undefined> {
    const entry = await this.#kv.read(this.key(id));
    const signIn = entry && this.#open(entry.value, id);
    return signIn && { signIn, version: entry.version };
  }

  /** Swaps in `next` if nobody changed the record since it was read. False: look again and decide anew. */
  async swap(held: Held, next: SignIn, now: number): Promise<boolean> {
    const left = Math.ceil((held.signIn.startedAt + SIGN_IN_SECONDS * 1000 - now) / 1000);
    return this.#kv.swap(this.key(next.id), held.version, this.#seal(next), Math.max(1, left));
  }

  /** Applies a change to the record as it is now, again and again until it holds. Ended walks stay as they ended. */
  async change(id: string, browserId: string, now: number, change: (signIn: SignIn) => SignIn): Promise<void> {
    for (;;) {
      const held = await this.read(id, browserId);
      if (!held || held.signIn.end) return;
      const next = change(held.signIn);
      if (next === held.signIn || (await this.swap(held, next, now))) return;
    }
  }

  async forget(id: string): Promise<void> {
    await this.#kv.delete(this.key(id));
  }

  /** Undefined: of before a secret that was taken away, and as gone as one that ran out. */
  #open(sealed: string, id: string): SignIn | undefined {
    try {
      return JSON.parse(this.#sealer.open(sealed, this.key(id))) as SignIn;
    } catch (error) {
      if (error instanceof NotOurSecret) return undefined;
      throw error;
    }
  }

  #seal = (signIn: SignIn) => this.#sealer.seal(JSON.stringify(signIn), this.key(signIn.id));
}
