/** What one rendering may take, and how much of it is left. */

import { Range, View } from "./values/series.ts";
import { isMapping, Markup, Namespace, Tuple, type Value } from "./values/values.ts";

/** What one rendering may take. */
export interface TemplateLimits {
  /** Largest value: characters of its strings, and 64 for each item of its lists and mappings. */
  size: number;
  /** Sizes of all values made on the way, together. */
  total: number;
  /** Longest time, in milliseconds. */
  time: number;
}

/** What an item of a list weighs: about what is kept for it, in bytes. */
export const ITEM_SIZE = 64;

/** Deepest nesting of what is being evaluated; calls of macros and loops in themselves count. */
const DEPTH_LIMIT = 400;

/** A template takes more than it may; with fewer messages it might not. */
export class LimitError extends Error {
  override name = "LimitError";
}

/** Looks at clock, sizes and depth while a template runs. */
export class Budget {
  /** The limits. */
  readonly limits: TemplateLimits;
  readonly #deadline: number;
  #total = 0;
  #depth = 0;
  /** Sizes of lists and mappings, which never change once made. */
  readonly #sizes = new WeakMap<object, number>();

  /** A budget that begins now. */
  constructor(limits: TemplateLimits) {
    this.limits = limits;
    this.#deadline = performance.now() + limits.time;
  }

  /** Runs a step one level deeper. */
  nested<T>(run: () => T): T {
    if (performance.now() > this.#deadline) {
      throw new LimitError(`it takes more than ${this.limits.time / 1000} s`);
    }
    if (++this.#depth > DEPTH_LIMIT) throw new Error("it calls itself too often");
    const result = run();
    this.#depth--;
    return result;
  }

  /** Counts a value that has been made, and gives it back. */
  spend<T extends Value>(value: T): T {
    this.#total += this.#sizeOf(value);
    if (this.#total > this.limits.total) throw new LimitError("it makes too many large values");
    return value;
  }

  /** Throws when a text or value of this size is too large; gives the size back. */
  require(size: number): number {
    if (size <= this.limits.size) return size;
    throw new LimitError(`it makes a value larger than ${this.limits.size} characters`);
  }

  /**
   * Size of a value written out, so that a list that holds another one twice counts it twice:
   * writing it out is what a filter may do next.
   */
  #sizeOf(value: Value): number {
    if (typeof value === "string") return this.require(value.length);
    if (value instanceof Markup) return this.require(value.text.length);
    if (value instanceof Range) return this.require(value.length * ITEM_SIZE);
    if (value instanceof Namespace) {
      return [...value.properties.values()].reduce<number>(
        (size, item) => this.require(size + ITEM_SIZE + this.#itemSize(item)),
        0,
      );
    }
    const items = Array.isArray(value)
      ? value
      : value instanceof Tuple || value instanceof View
      ? value.items
      : isMapping(value)
      ? [...value.keys(), ...value.values()]
      : null;
    if (items === null) return 0;
    const known = this.#sizes.get(value as object);
    if (known !== undefined) return known;
    let size = 0;
    for (const item of items) size = this.require(size + ITEM_SIZE + this.#itemSize(item));
    this.#sizes.set(value as object, size);
    return size;
  }

  #itemSize(item: Value): number {
    // Namespaces are the one thing that can be changed; inside another value they would make its
    // size, once counted, untrue.
    if (item instanceof Namespace) throw new Error("it puts a namespace into a value");
    return this.#sizeOf(item);
  }
}
