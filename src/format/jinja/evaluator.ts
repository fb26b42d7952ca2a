/** The values of a template's expressions. */

import type { Budget } from "./budget.ts";
import type { FilterContext } from "./functions/calls.ts";
import { FILTERS } from "./functions/filters.ts";
import { methodOf } from "./functions/methods.ts";
import type { Arguments, Expression } from "./syntax/nodes.ts";
import { calculate, holds, isDecided, itemAt, signed, sliceOf } from "./values/operators.ts";
import { TESTS } from "./functions/tests.ts";
import {
  type Call,
  Callable,
  isMapping,
  isSequence,
  isTrue,
  itemOr,
  itemsOf,
  mappingOf,
  Namespace,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values/values.ts";
import { sourceOf, textOf } from "./values/writing.ts";

/** Names and their values; those of the surrounding scopes are seen as well. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | null;

  /** A scope inside another. */
  constructor(outer: Scope | null) {
    this.#outer = outer;
  }

  /** The value of a name. */
  get(name: string): Value {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    return this.#outer === null ? new Undefined(name) : this.#outer.get(name);
  }

  /** Gives a name a value, in this scope alone. */
  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}

/** Works out expressions within a budget. */
export class Evaluator {
  readonly #budget: Budget;
  readonly #context: FilterContext = {
    attribute: (object, name) => this.#attribute(object, name, true),
    filter: (name, value, call) => this.#budget.spend(this.#filter(name, value, call)),
    test: (name, value, call) => this.#test(name, value, call),
  };

  /** An evaluator within a budget. */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** The value of an expression; `operand` is what a filter without one is applied to. */
  value(expression: Expression, scope: Scope, operand: Value = null): Value {
    const value = this.#budget.nested(() => this.#evaluate(expression, scope, operand));
    // Reading a variable or a constant makes nothing new.
    const isNew = expression.kind !== "name" && expression.kind !== "constant";
    return isNew ? this.#budget.spend(value) : value;
  }

  /** The value of a call, to which a caller is given along. */
  call(expression: Expression & { kind: "call" }, scope: Scope, caller: Callable): Value {
    const call = this.#arguments(expression.arguments, scope);
    const named = new Map(call.named).set("caller", caller);
    return this.#call(this.value(expression.callee, scope), { ...call, named });
  }

  #evaluate(expression: Expression, scope: Scope, operand: Value): Value {
    const value = (part: Expression) => this.value(part, scope, operand);
    switch (expression.kind) {
      case "constant":
        return expression.value;
      case "name":
        return scope.get(expression.name);
      case "list":
        return expression.items.map(value);
      case "tuple":
        return new Tuple(expression.items.map(value));
      case "mapping":
        return mappingOf(expression.entries.map(([key, item]) => [value(key), value(item)]));
      case "unary": {
        const inner = value(expression.operand);
        return expression.operator === "not" ? !isTrue(inner) : signed(expression.operator, inner);
      }
      case "binary": {
        const left = value(expression.left);
        const { operator, right } = expression;
        if (operator !== "and" && operator !== "or") return calculate(operator, left, value(right));
        return isDecided(operator, left) ? left : value(right);
      }
      case "compare":
        return this.#comparison(expression, scope);
      case "join":
        return expression.parts.map((part) => textOf(value(part))).join("");
      case "choice":
        if (isTrue(value(expression.test))) return value(expression.then);
        return expression.otherwise === null
          ? new Undefined("what an if without else leaves out")
          : value(expression.otherwise);
      case "attribute":
        return this.#attribute(value(expression.object), expression.name, true);
      case "item":
        return this.#attribute(value(expression.object), value(expression.key), false);
      case "slice": {
        const object = value(expression.object);
        // Jinja works literals out ahead, by other rules.
        if (isLiteral(expression.object) && !isSequence(object)) {
          return new Undefined("a part of what has no parts");
        }
        return sliceOf(
          object,
          expression.bounds.map((bound) => bound === null ? undefined : value(bound)),
        );
      }
      case "call":
        return this.#call(value(expression.callee), this.#arguments(expression.arguments, scope));
      case "filter": {
        const input = expression.operand === null ? operand : value(expression.operand);
        return this.#filter(expression.name, input, this.#arguments(expression.arguments, scope));
      }
      case "test": {
        const call = this.#arguments(expression.arguments, scope);
        return this.#test(expression.name, value(expression.operand), call);
      }
    }
  }

  #comparison({ first, rest }: Expression & { kind: "compare" }, scope: Scope): boolean {
    let left = this.value(first, scope);
    for (const [operator, operand] of rest) {
      const right = this.value(operand, scope);
      if (!holds(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  /** What `.` reads (methods and properties first) or what `[ ]` reads (items first). */
  #attribute(object: Value, key: Value, isDotted: boolean): Value {
    if (object instanceof Undefined) {
      throw new Error(`it reads ${sourceOf(key)} of ${object.what}, which is undefined`);
    }
    const property = typeof key === "string" ? propertyOf(object, key) : undefined;
    const item = itemAt(object, key);
    // None is found as any other value is.
    const found = [property, item].filter((one) => one !== undefined);
    if (found.length > 0) return found.at(isDotted ? 0 : -1) as Value;
    return new Undefined(typeof key === "string" ? key : `item ${sourceOf(key)}`);
  }

  #arguments({ positional, named, list, mapping }: Arguments, scope: Scope): Call {
    const result = {
      positional: positional.map((part) => this.value(part, scope)),
      named: new Map(named.map(([name, part]) => [name, this.value(part, scope)])),
    };
    if (list !== undefined) result.positional.push(...itemsOf(this.value(list, scope)));
    const more = mapping === undefined ? null : this.value(mapping, scope);
    if (more === null) return result;
    if (!isMapping(more)) throw new Error(`it spreads ${typeName(more)} as named arguments`);
    for (const [name, value] of more) result.named.set(textOf(name), value);
    return result;
  }

  #call(callee: Value, call: Call): Value {
    if (callee instanceof Callable) return callee.call(call);
    throw new Error(`it calls ${typeName(callee)}`);
  }

  #filter(name: string, value: Value, call: Call): Value {
    if (!Object.hasOwn(FILTERS, name)) throw new Error(`there is no filter ${name}`);
    return FILTERS[name](value, call, this.#context);
  }

  #test(name: string, value: Value, call: Call): boolean {
    if (name === "filter" || name === "test") {
      return Object.hasOwn(name === "filter" ? FILTERS : TESTS, textOf(value));
    }
    if (!Object.hasOwn(TESTS, name)) throw new Error(`there is no test ${name}`);
    return TESTS[name](value, itemOr(call.positional, 0, "an argument"), call);
  }
}

function isLiteral(expression: Expression): boolean {
  if (expression.kind === "mapping") return expression.entries.flat().every(isLiteral);
  return expression.kind === "constant" ||
    ((expression.kind === "list" || expression.kind === "tuple") &&
      expression.items.every(isLiteral));
}

function propertyOf(object: Value, name: string): Value | undefined {
  if (object instanceof Namespace) return object.properties.get(name);
  if (object instanceof Callable) return object.properties.get(name);
  if (object instanceof Tuple && object.names.includes(name)) {
    return object.items[object.names.indexOf(name)];
  }
  return methodOf(object, name) ?? undefined;
}
