import type { Sealed } from '../store/sealed.ts';

export interface ResealingParts {
  readonly sealed: Pick<Sealed, 'reseal'>;
  /** Called once for each pass that sealed something anew. */
  readonly onChanged: (rows: number) => void;
  readonly onError: (error: unknown) => void;
  /** Milliseconds between batches, and between passes; 50 and an hour. */
  readonly pause?: number;
  readonly again?: number;
}

/** Rows in one batch: small, so that nobody who waits for the database waits for this. */
const BATCH = 100;

/**
 * Seals in the background what an older secret sealed. A pass is repeated after an hour until one finds nothing: nodes
 * of before the change may have written meanwhile. Interrupted anywhere, the next one goes on with what is left.
 */
export class Resealing {
  readonly #parts: ResealingParts;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: ResealingParts) {
    this.#parts = parts;
  }

  start(): void {
    void this.#pass();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #pass(): Promise<void> {
    const { sealed, onChanged, onError, pause = 50, again = 3_600_000 } = this.#parts;
    let changed = 0;
    let more = false;
    try {
      for (let at: Parameters<Sealed['reseal']>[1] = [0]; at && !this.#stopped; ) {
        const batch = await sealed.reseal(BATCH, at);
        changed += batch.changed;
        at = batch.next;
        if (batch.changed > 0) await this.#wait(pause);
      }
      more = changed > 0;
    } catch (error) {
      if (!this.#stopped) onError(error);
      more = true;
    }
    if (changed > 0) onChanged(changed);
    if (!more || this.#stopped) return;
    this.#timer = setTimeout(() => void this.#pass(), again).unref();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ms).unref();
    });
  }
}
