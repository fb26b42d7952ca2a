/** Expressions, from tokens to a tree. */

import type { Arguments, Expression, Parameter, Target } from "./nodes.ts";
import { CONSTANTS, OperandReader } from "./operands.ts";

const COMPARISONS = ["==", "!=", "<", "<=", ">", ">="];

/** Reads expressions from tokens, one after the other. */
export class ExpressionParser extends OperandReader {
  /** An expression; `a if b else c` only where asked for. */
  expression(hasChoice = true): Expression {
    return this.nested(() => hasChoice ? this.#choice() : this.#either("or"));
  }

  /** One expression, or several as a tuple. */
  tuple(hasChoice = true, isParenthesized = false): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (!this.#endsTuple()) {
      items.push(this.expression(hasChoice));
      if (!this.takes("operator", ",")) break;
      isTuple = true;
    }
    if (!isTuple && items.length === 1) return items[0];
    if (items.length === 0 && !isParenthesized) throw this.fault("end of an expression");
    return { kind: "tuple", items };
  }

  #endsTuple(): boolean {
    return this.current === undefined || this.current.type === "end" ||
      this.sees("operator", ")");
  }

  /** What is assigned to: a name, `name.property` where allowed, or several. */
  target(allowsProperty: boolean): Target {
    const items: Target[] = [];
    let isTuple = false;
    do {
      if (items.length > 0 && (this.sees("name", "in") || this.sees("operator", "=", ")"))) break;
      items.push(this.#singleTarget(allowsProperty));
    } while (this.takes("operator", ",") && (isTuple = true));
    return isTuple ? { kind: "tuple", items } : items[0];
  }

  #singleTarget(allowsProperty: boolean): Target {
    if (this.takes("operator", "(")) {
      const inner = this.nested(() => this.target(allowsProperty));
      this.expect("operator", ")");
      return inner;
    }
    const { value: name } = this.expect("name");
    if (CONSTANTS.has(name)) throw this.fault(`assignment to ${name}`);
    if (!allowsProperty || !this.takes("operator", ".")) return { kind: "name", name };
    return { kind: "property", name, property: this.expect("name").value };
  }

  /** The parameters of a macro, with their brackets. */
  parameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.expect("operator", "(");
    while (!this.takes("operator", ")")) {
      if (parameters.length > 0) this.expect("operator", ",");
      const { value: name } = this.expect("name");
      const otherwise = this.takes("operator", "=") ? this.expression() : null;
      parameters.push({ name, otherwise });
    }
    return parameters;
  }

  #choice(): Expression {
    let then = this.#either("or");
    while (this.takes("name", "if")) {
      const test = this.#either("or");
      const otherwise = this.takes("name", "else") ? this.nested(() => this.#choice()) : null;
      then = { kind: "choice", test, then, otherwise };
    }
    return then;
  }

  #either(operator: "or" | "and"): Expression {
    const operand = () => operator === "or" ? this.#either("and") : this.#not();
    let left = operand();
    while (this.takes("name", operator)) {
      left = { kind: "binary", operator, left, right: operand() };
    }
    return left;
  }

  #not(): Expression {
    if (!this.takes("name", "not")) return this.#comparison();
    return { kind: "unary", operator: "not", operand: this.nested(() => this.#not()) };
  }

  #comparison(): Expression {
    const first = this.#sum();
    const rest: [string, Expression][] = [];
    for (;;) {
      if (this.sees("operator", ...COMPARISONS)) rest.push([this.next().value, this.#sum()]);
      else if (this.takes("name", "in")) rest.push(["in", this.#sum()]);
      else if (this.sees("name", "not") && this.isNext("name", "in")) {
        this.next();
        this.next();
        rest.push(["not in", this.#sum()]);
      } else break;
    }
    return rest.length === 0 ? first : { kind: "compare", first, rest };
  }

  #binary(operators: string[], operand: () => Expression): Expression {
    let left = operand();
    while (this.sees("operator", ...operators)) {
      left = { kind: "binary", operator: this.next().value, left, right: operand() };
    }
    return left;
  }

  #sum(): Expression {
    return this.#binary(["+", "-"], () => this.#join());
  }

  #join(): Expression {
    const parts = [this.#product()];
    while (this.takes("operator", "~")) parts.push(this.#product());
    return parts.length === 1 ? parts[0] : { kind: "join", parts };
  }

  #product(): Expression {
    const power = () => this.#binary(["**"], () => this.#unary(true));
    return this.#binary(["*", "/", "//", "%"], power);
  }

  #unary(hasFilters: boolean): Expression {
    let node: Expression;
    if (this.sees("operator", "-", "+")) {
      const operator = this.next().value as "-" | "+";
      node = { kind: "unary", operator, operand: this.nested(() => this.#unary(false)) };
    } else node = this.primary();
    node = this.postfix(node);
    return hasFilters ? this.#filtersAndTests(node) : node;
  }

  #filtersAndTests(node: Expression): Expression {
    for (;;) {
      if (this.takes("operator", "|")) node = this.filter(node);
      else if (this.takes("name", "is")) node = this.#test(node);
      else if (this.sees("operator", "(")) {
        node = { kind: "call", callee: node, arguments: this.arguments() };
      } else return node;
    }
  }

  /** A filter, after its bar; without an operand it is one of a block. */
  filter(operand: Expression | null): Expression {
    const name = this.#dottedName();
    const given = this.sees("operator", "(") ? this.arguments() : { positional: [], named: [] };
    return { kind: "filter", operand, name, arguments: given };
  }

  /** Several filters of a block. */
  filters(): Expression {
    let node = this.filter(null);
    while (this.takes("operator", "|")) node = this.filter(node);
    return node;
  }

  #dottedName(): string {
    let name = this.expect("name").value;
    while (this.takes("operator", ".")) name += `.${this.expect("name").value}`;
    return name;
  }

  #test(operand: Expression): Expression {
    const isNegated = this.takes("name", "not");
    const name = this.#dottedName();
    let given: Arguments = { positional: [], named: [] };
    if (this.sees("operator", "(")) given = this.arguments();
    else if (this.#beginsArgument()) given.positional.push(this.postfix(this.primary()));
    const test: Expression = { kind: "test", operand, name, arguments: given };
    return isNegated ? { kind: "unary", operator: "not", operand: test } : test;
  }

  #beginsArgument(): boolean {
    if (this.sees("name", "is")) throw this.fault("is: tests cannot be chained");
    if (this.sees("name", "else", "or", "and")) return false;
    return ["name", "string", "integer", "float"].includes(this.current?.type ?? "") ||
      this.sees("operator", "[", "{");
  }
}
