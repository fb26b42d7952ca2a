/** Running a template from a stranger within bounds of size and time. */

import { Environment, Interpreter, Template } from "@huggingface/jinja";

/** What one rendering may take. */
export interface TemplateLimits {
  /** Largest value: characters of its strings, and 64 for each item of its lists and mappings. */
  size: number;
  /** Sizes of all values made on the way, together. */
  total: number;
  /** Longest time, in milliseconds. */
  time: number;
}

/** Far above any conversation that fits a context, and far below what a process survives. */
const LIMITS: TemplateLimits = { size: 4 * 2 ** 20, total: 512 * 2 ** 20, time: 5000 };

/** What an item of a list weighs: about what the interpreter keeps for it in a loop, in bytes. */
const ITEM_SIZE = 64;

/**
 * A Jinja template that is held to limits.
 *
 * Clock and sizes are looked at between evaluations, so a single step of the library goes on until
 * it is done: one filter can still make a string of up to the engine's limit of about half a
 * gigabyte before it is refused. Nothing in a template reaches files, network or program.
 */
export class BoundedTemplate {
  readonly #program: Template["parsed"];

  /** Parses the source. Throws the library's error when it is not a template. */
  constructor(source: string) {
    this.#program = new Template(source).parsed;
  }

  /**
   * Renders the template with the variables.
   *
   * @throws {Error} when the template fails, raises an exception or exceeds a limit.
   */
  render(variables: Readonly<Record<string, unknown>>, limits: TemplateLimits = LIMITS): string {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals(limits), ...variables })) {
      environment.set(name, value);
    }
    return String(new BoundedInterpreter(environment, limits).run(this.#program).value);
  }
}

/** A value of the library's interpreter, as far as it is looked at here. */
interface RuntimeValue {
  type: string;
  value: unknown;
}

/** The library's interpreter, with a look at clock and sizes at every evaluation. */
class BoundedInterpreter extends Interpreter {
  readonly #limits: TemplateLimits;
  readonly #deadline: number;
  #total = 0;
  /** Sizes of lists and mappings, which never change once made. */
  readonly #sizes = new WeakMap<object, number>();

  constructor(environment: Environment, limits: TemplateLimits) {
    super(environment);
    this.#limits = limits;
    this.#deadline = performance.now() + limits.time;
  }

  override evaluate(...parameters: Parameters<Interpreter["evaluate"]>) {
    if (performance.now() > this.#deadline) {
      throw new Error(`it takes more than ${this.#limits.time / 1000} s`);
    }
    const value = super.evaluate(...parameters);
    const size = this.#sizeOf(value);
    // Reading a variable makes nothing new.
    if (parameters[0]?.type !== "Identifier") this.#total += size;
    if (this.#total > this.#limits.total) throw new Error("it makes too many large values");
    return value;
  }

  /**
   * Size of a value written out, so that a list that holds another one twice counts it twice:
   * writing it out is what a filter may do next.
   */
  #sizeOf(value: RuntimeValue | undefined): number {
    if (typeof value?.value === "string") return this.#require(value.value.length);
    if (typeof value?.value !== "object" || value.value === null) return 0;
    const known = this.#sizes.get(value);
    if (known !== undefined) return known;
    let size = 0;
    for (const [key, item] of value.value instanceof Map ? value.value : entriesOf(value.value)) {
      // Namespaces are the one thing that can be changed; inside another value they would make its
      // size, once counted, untrue.
      if (item?.type === "NamespaceValue") throw new Error("it puts a namespace into a value");
      size = this.#require(size + ITEM_SIZE + key.length + this.#sizeOf(item));
    }
    if (value.type !== "NamespaceValue") this.#sizes.set(value, size);
    return size;
  }

  #require(size: number): number {
    if (size <= this.#limits.size) return size;
    throw new Error(`it makes a value larger than ${this.#limits.size} characters`);
  }
}

function entriesOf(list: object): Iterable<[string, RuntimeValue]> {
  return (list as RuntimeValue[]).map((item) => ["", item]);
}

/** The names that chat templates find defined, beside those that the caller sets. */
function globals(limits: TemplateLimits): Record<string, unknown> {
  const range = (start: number, stop?: number, step = 1) => {
    const [from, to] = stop === undefined ? [0, start] : [start, stop];
    const length = Math.max(0, Math.ceil((to - from) / step));
    if (!Number.isSafeInteger(length) || length * ITEM_SIZE > limits.size) {
      throw new Error(`range() makes ${length} numbers`);
    }
    return Array.from({ length }, (_, index) => from + index * step);
  };
  const raise = (message: unknown) => {
    throw new Error(`it says: ${message}`);
  };
  // Python's names and the template language's own ones.
  const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
  return { ...constants, range, raise_exception: raise, strftime_now: formatNow };
}

/** The present local time in the common codes of strftime. */
function formatNow(format: string): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  const name = (options: Intl.DateTimeFormatOptions) => now.toLocaleDateString("en-US", options);
  const codes: Record<string, string> = {
    "%Y": String(now.getFullYear()),
    "%m": two(now.getMonth() + 1),
    "%d": two(now.getDate()),
    "%H": two(now.getHours()),
    "%M": two(now.getMinutes()),
    "%S": two(now.getSeconds()),
    "%B": name({ month: "long" }),
    "%b": name({ month: "short" }),
    "%A": name({ weekday: "long" }),
    "%a": name({ weekday: "short" }),
    "%%": "%",
  };
  return String(format).replace(/%[A-Za-z%]/g, (code) => codes[code] ?? code);
}
