/** How often tokens come after contexts. */

/** Stands for a context or an entry that is none. */
export const NONE = 0xffffffff;

/** A context and a token that comes after it: an entry of the counts. */
export class TokenCounts {
  /** Number of entries. */
  entries = 0;
  /** Context of each entry. */
  readonly contexts: Uint32Array<ArrayBuffer>;
  /** Token of each entry. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** How often it was counted. */
  readonly counts: Uint32Array<ArrayBuffer>;
  /** How often any token was counted after each context. */
  readonly uses: Uint32Array<ArrayBuffer>;
  /** How many different tokens were counted after each context. */
  readonly kinds: Uint32Array<ArrayBuffer>;
  /** Entries by the hash of context and token, at the first free place from there on; `NONE` where free. */
  readonly #slots: Uint32Array<ArrayBuffer>;

  /** Room for as many entries, after contexts 0 … contextCount − 1. */
  constructor(contextCount: number, room: number) {
    this.contexts = new Uint32Array(room);
    this.tokens = new Uint32Array(room);
    this.counts = new Uint32Array(room);
    this.uses = new Uint32Array(contextCount);
    this.kinds = new Uint32Array(contextCount);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(2 * room + 2))).fill(NONE);
  }

  /** The entry of a token after a context, or `NONE`. */
  find(context: number, token: number): number {
    return this.#slots[this.#slotOf(context, token)];
  }

  /** The same; made if it is not there. */
  findOrAdd(context: number, token: number): number {
    const slot = this.#slotOf(context, token);
    if (this.#slots[slot] !== NONE) return this.#slots[slot];
    const entry = this.entries++;
    this.contexts[entry] = context;
    this.tokens[entry] = token;
    this.#slots[slot] = entry;
    return entry;
  }

  /** Counts an entry once more. */
  count(entry: number): void {
    const context = this.contexts[entry];
    if (this.counts[entry] === 0) this.kinds[context]++;
    this.counts[entry]++;
    this.uses[context]++;
  }

  /** The slot that has the entry, or the free one that it belongs in. */
  #slotOf(context: number, token: number): number {
    const last = this.#slots.length - 1;
    let hash = Math.imul(context, 0x9e3779b1) ^ Math.imul(token, 0x85ebca77);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d);
    let slot = (hash ^ (hash >>> 13)) & last;
    for (;;) {
      const entry = this.#slots[slot];
      const isIt = this.contexts[entry] === context && this.tokens[entry] === token;
      if (entry === NONE || isIt) return slot;
      slot = (slot + 1) & last;
    }
  }
}
