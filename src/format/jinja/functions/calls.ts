/** What is called with arguments, and how these are matched to its parameters. */

import type { Call, Value } from "../values/values.ts";

/** Methods of objects of a type, by their names. */
export type Methods<T> = Readonly<Record<string, (object: T, call: Call) => Value>>;

/** The arguments of a call by the names of the parameters; those that are not given are absent. */
export class Given {
  readonly #values: ReadonlyMap<string, Value>;

  /** Throws an Error when the call has arguments that there are no parameters for. */
  constructor(name: string, parameters: readonly string[], { positional, named }: Call) {
    if (positional.length > parameters.length) {
      throw new Error(`${name} takes ${parameters.length} arguments and gets ${positional.length}`);
    }
    const values = new Map(positional.map((value, index) => [parameters[index], value]));
    for (const [key, value] of named) {
      if (!parameters.includes(key) || values.has(key)) {
        throw new Error(
          `${name} gets ${key} ${values.has(key) ? "twice" : "and does not take it"}`,
        );
      }
      values.set(key, value);
    }
    this.#values = values;
  }

  /** The argument, or what stands for it. */
  or<T>(parameter: string, otherwise: T): Value | T {
    return this.#values.get(parameter) ?? (this.#values.has(parameter) ? null : otherwise);
  }

  /** The argument, which must be given. */
  required(parameter: string): Value {
    const value = this.#values.get(parameter);
    if (value === undefined) throw new Error(`the argument ${parameter} is missing`);
    return value;
  }
}

/** What filters use of the interpreter. */
export interface FilterContext {
  /** The property or item of a value, as `.` reads it. */
  attribute(object: Value, name: Value): Value;
  /** The value of another filter. */
  filter(name: string, value: Value, call: Call): Value;
  /** Whether a test holds. */
  test(name: string, value: Value, call: Call): boolean;
}

/** Changes a value. */
export type Filter = (value: Value, call: Call, context: FilterContext) => Value;
