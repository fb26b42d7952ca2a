/** What the name `loop` stands for inside a loop. */

import { type Call, Callable, isEqual, itemOr, type Value } from "./values/values.ts";

/** State of a loop that lasts from one item to the next. */
export class LoopState {
  readonly #items: readonly Value[];
  readonly #depth: number;
  readonly #recurse: (call: Call) => Value;
  #last: readonly Value[] | null = null;

  /**
   * @param items all that the loop goes through.
   * @param depth how many loops of a recursive one surround this.
   * @param recurse what calling `loop` does.
   */
  constructor(items: readonly Value[], depth: number, recurse: (call: Call) => Value) {
    this.#items = items;
    this.#depth = depth;
    this.#recurse = recurse;
  }

  /** The value of `loop` at an item. */
  at(index: number): Callable {
    const { length } = this.#items;
    const neighbour = (at: number, what: string) => itemOr(this.#items, at, what);
    const numbers: Record<string, number> = {
      index: index + 1,
      index0: index,
      revindex: length - index,
      revindex0: length - index - 1,
      length,
      depth: this.#depth + 1,
      depth0: this.#depth,
    };
    return new Callable(
      this.#recurse,
      new Map<string, Value>([
        ...Object.entries(numbers).map(([name, value]): [string, Value] => [name, BigInt(value)]),
        ["first", index === 0],
        ["last", index === length - 1],
        ["previtem", neighbour(index - 1, "the item before the first")],
        ["nextitem", neighbour(index + 1, "the item after the last")],
        ["cycle", new Callable(({ positional }) => cycled(positional, index))],
        ["changed", new Callable(({ positional }) => this.#hasChanged(positional))],
      ]),
    );
  }

  #hasChanged(values: readonly Value[]): boolean {
    const last = this.#last;
    this.#last = values;
    return last === null || !isEqual(last, values);
  }
}

function cycled(values: readonly Value[], index: number): Value {
  if (values.length === 0) throw new Error("cycle gets nothing");
  return values[index % values.length];
}
