/** What has items without being a list: what filters give, views of mappings, and ranges. */

/** What can be gone through once: what `map`, `select` and their like give. Always true. */
export class Stream<T> {
  readonly #items: Iterator<T>;

  /** A stream of the items, which are worked out as they are asked for. */
  constructor(items: Iterable<T>) {
    this.#items = items[Symbol.iterator]();
  }

  /** Takes the next item; undefined where none is left. */
  next(): T | undefined {
    const { done, value } = this.#items.next();
    return done === true ? undefined : value;
  }

  /** Takes all items that are left. */
  rest(): T[] {
    const items: T[] = [];
    for (let item = this.next(); item !== undefined; item = this.next()) items.push(item);
    return items;
  }
}

/** Keys, values or entries of a mapping. */
export class View<T> {
  /** What Python calls it. */
  readonly name: "dict_keys" | "dict_values" | "dict_items";
  /** What it shows. */
  readonly items: readonly T[];

  /** A view of the items. */
  constructor(name: View<T>["name"], items: readonly T[]) {
    this.name = name;
    this.items = items;
  }
}

/** Integers at equal distances. */
export class Range {
  /** The first one. */
  readonly start: number;
  /** Where they end, before it is reached. */
  readonly stop: number;
  /** What lies between two of them. */
  readonly step: number;
  #items: readonly bigint[] | undefined;

  /** The integers from `start` on. */
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  /** How many there are. */
  get length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }

  /** All of them. */
  get items(): readonly bigint[] {
    return this.#items ??= Array.from(
      { length: this.length },
      (_, index) => BigInt(this.start + index * this.step),
    );
  }

  /** Those at some positions: from one on, up to another, in steps. */
  slice(from: number, to: number, by: number): Range {
    const at = (index: number) => this.start + index * this.step;
    return new Range(at(from), at(to), this.step * by);
  }
}
