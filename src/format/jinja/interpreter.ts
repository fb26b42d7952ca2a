/** Runs the statements of a template. */

import type { Budget } from "./budget.ts";
import { Evaluator, Scope } from "./evaluator.ts";
import { requirePublic } from "./functions/globals.ts";
import { LoopState } from "./loops.ts";
import type { Expression, Parameter, Statement, Target } from "./syntax/nodes.ts";
import {
  type Call,
  Callable,
  isTrue,
  itemsOf,
  Markup,
  Namespace,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from "./values/values.ts";
import { textOf } from "./values/writing.ts";

/** Why a body ended early. */
type Leave = "break" | "continue" | null;

/** Which names a macro uses that stand for what it is given beyond its parameters. */
type Extras = Record<"caller" | "kwargs" | "varargs", boolean>;

/** Whether a name is read anywhere in a part of a template. */
function mentions(part: unknown, name: string): boolean {
  if (typeof part !== "object" || part === null) return false;
  const { kind, name: own } = part as { kind?: unknown; name?: unknown };
  return (kind === "name" && own === name) ||
    Object.values(part).some((inner) => mentions(inner, name));
}

/** Throws an Error when a macro is given what it has no use for. */
function requireTaken(
  name: string,
  parameters: readonly Parameter[],
  { positional, named }: Call,
  takes: Extras,
): void {
  if (positional.length > parameters.length && !takes.varargs) {
    throw new Error(`${name} takes ${parameters.length} arguments and gets ${positional.length}`);
  }
  for (const key of named.keys()) {
    const place = parameters.findIndex((parameter) => parameter.name === key);
    const isTaken = place >= positional.length || takes.kwargs ||
      (key === "caller" && takes.caller);
    if (!isTaken) {
      throw new Error(`${name} gets ${key} ${place < 0 ? "and does not take it" : "twice"}`);
    }
  }
}

/** Writes the text of one template. */
export class Interpreter {
  readonly #budget: Budget;
  readonly #evaluator: Evaluator;
  #output: string[] = [];
  #length = 0;

  /** An interpreter within a budget. */
  constructor(budget: Budget) {
    this.#budget = budget;
    this.#evaluator = new Evaluator(budget);
  }

  /** The text of the statements. */
  render(statements: readonly Statement[], scope: Scope): string {
    return this.#capture(() => this.#run(statements, scope));
  }

  /** What a step writes, as a text of its own. */
  #capture(run: () => void): string {
    const [output, length] = [this.#output, this.#length];
    [this.#output, this.#length] = [[], 0];
    run();
    const text = this.#output.join("");
    [this.#output, this.#length] = [output, length];
    return this.#budget.spend(text);
  }

  #write(text: string): void {
    this.#length = this.#budget.require(this.#length + text.length);
    this.#output.push(text);
  }

  #run(statements: readonly Statement[], scope: Scope): Leave {
    for (const statement of statements) {
      const leave = this.#budget.nested(() => this.#statement(statement, scope));
      if (leave !== null) return leave;
    }
    return null;
  }

  #statement(statement: Statement, scope: Scope): Leave {
    switch (statement.kind) {
      case "text":
        this.#write(statement.text);
        return null;
      case "output":
        this.#write(textOf(this.#value(statement.expression, scope)));
        return null;
      case "if": {
        const branch = statement.branches.find(({ test }) =>
          test === null || isTrue(this.#value(test, scope))
        );
        return branch === undefined ? null : this.#run(branch.body, scope);
      }
      case "for":
        this.#loop(statement, this.#value(statement.iterable, scope), scope, 0);
        return null;
      case "set":
        this.#assign(statement.target, this.#value(statement.value, scope), scope);
        return null;
      case "setBlock": {
        const text = this.#capture(() => this.#run(statement.body, new Scope(scope)));
        this.#assign(statement.target, this.#filtered(statement.filter, text, scope), scope);
        return null;
      }
      case "filterBlock": {
        const text = this.#capture(() => this.#run(statement.body, new Scope(scope)));
        const filtered = this.#filtered(statement.filter, text, scope);
        if (typeof filtered !== "string" && !(filtered instanceof Markup)) {
          throw new Error(`a filter makes ${typeName(filtered)} of its block`);
        }
        this.#write(textOf(filtered));
        return null;
      }
      case "with": {
        const inner = new Scope(scope);
        const values = statement.assignments.map(([, value]) => this.#value(value, scope));
        statement.assignments.forEach(([target], index) =>
          this.#assign(target, values[index], inner)
        );
        return this.#run(statement.body, inner);
      }
      case "macro":
        scope.set(statement.name, this.#macro(statement.name, statement, scope));
        return null;
      case "callBlock": {
        const caller = this.#macro("caller", statement, scope);
        this.#write(textOf(this.#evaluator.call(statement.call, scope, caller)));
        return null;
      }
      case "break":
      case "continue":
        return statement.kind;
    }
  }

  #value(expression: Expression, scope: Scope): Value {
    return this.#evaluator.value(expression, scope);
  }

  #filtered(filter: Expression | null, text: string, scope: Scope): Value {
    return filter === null ? text : this.#evaluator.value(filter, scope, text);
  }

  #loop(
    statement: Statement & { kind: "for" },
    iterable: Value,
    scope: Scope,
    depth: number,
  ): void {
    const { target, condition, body, otherwise, isRecursive } = statement;
    const items = itemsOf(iterable).filter((item) => {
      if (condition === null) return true;
      const inner = new Scope(scope);
      this.#assign(target, item, inner);
      return isTrue(this.#value(condition, inner));
    });
    const recurse = ({ positional }: Call) => {
      if (!isRecursive) throw new Error("a loop that is not recursive calls itself");
      return this.#capture(() => this.#loop(statement, positional[0], scope, depth + 1));
    };
    const state = new LoopState(items, depth, recurse);
    for (const [index, item] of items.entries()) {
      const inner = new Scope(scope);
      inner.set("loop", state.at(index));
      this.#assign(target, item, inner);
      if (this.#budget.nested(() => this.#run(body, inner)) === "break") break;
    }
    if (items.length === 0) this.#run(otherwise, new Scope(scope));
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === "name") return scope.set(target.name, value);
    if (target.kind === "property") {
      const namespace = scope.get(target.name);
      if (!(namespace instanceof Namespace)) {
        throw new Error(`it sets a property of ${target.name}, which is no namespace`);
      }
      requirePublic(target.property);
      namespace.properties.set(target.property, value);
      this.#budget.spend(namespace);
      return;
    }
    const items = itemsOf(value);
    if (items.length !== target.items.length) {
      throw new Error(`it spreads ${items.length} items over ${target.items.length} names`);
    }
    target.items.forEach((part, index) => this.#assign(part, items[index], scope));
  }

  #macro(
    name: string,
    { parameters, body }: { parameters: Parameter[]; body: Statement[] },
    scope: Scope,
  ): Callable {
    const takes: Extras = {
      caller: mentions(body, "caller"),
      kwargs: mentions(body, "kwargs"),
      varargs: mentions(body, "varargs"),
    };
    const run = (call: Call): Value => {
      const inner = new Scope(scope);
      requireTaken(name, parameters, call, takes);
      this.#bind(name, parameters, call, inner);
      return this.#capture(() => this.#budget.nested(() => this.#run(body, inner)));
    };
    return new Callable(
      run,
      new Map<string, Value>([
        ["name", name],
        ["arguments", new Tuple(parameters.map((parameter) => parameter.name))],
        ["catch_kwargs", takes.kwargs],
        ["catch_varargs", takes.varargs],
        ["caller", takes.caller],
      ]),
    );
  }

  #bind(name: string, parameters: Parameter[], { positional, named }: Call, scope: Scope): void {
    const isKnown = (key: string) => parameters.some((parameter) => parameter.name === key);
    for (const [index, parameter] of parameters.entries()) {
      const given = index < positional.length ? positional[index] : named.get(parameter.name);
      const isGiven = index < positional.length || named.has(parameter.name);
      if (isGiven) scope.set(parameter.name, given as Value);
      else if (parameter.otherwise === null) {
        scope.set(parameter.name, new Undefined(parameter.name));
      } else scope.set(parameter.name, this.#value(parameter.otherwise, scope));
    }
    const caller = [...named].find(([key]) => key === "caller");
    const rest = [...named].filter(([key]) => !isKnown(key) && key !== "caller");
    scope.set("varargs", new Tuple(positional.slice(parameters.length)));
    scope.set("kwargs", new Map<Value, Value>(rest));
    scope.set("caller", caller?.[1] ?? new Undefined(`the caller of ${name}`));
  }
}
