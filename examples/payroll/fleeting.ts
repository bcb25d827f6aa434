/** Things worth remembering for a few minutes only. Anybody may cause one, so the oldest give way before memory does. */
export class Fleeting<Value> {
  readonly #all = new Map<string, { readonly value: Value; readonly until: number }>();
  readonly #lifetime: number;
  readonly #most = 10_000;

  /** `lifetime` in milliseconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  keep(key: string, value: Value): void {
    if (this.#all.size >= this.#most) this.#all.delete(this.#all.keys().next().value!);
    this.#all.set(key, { value, until: Date.now() + this.#lifetime });
  }

  look(key: string): Value | undefined {
    const found = this.#all.get(key);
    return found && found.until > Date.now() ? found.value : undefined;
  }

  /** Reads it for the last time. */
  take(key: string): Value | undefined {
    const value = this.look(key);
    this.#all.delete(key);
    return value;
  }
}
