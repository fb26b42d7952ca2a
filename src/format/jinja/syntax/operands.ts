/** What operators stand between: literals, names, brackets, and what is looked up in them or called. */

import type { Arguments, Expression } from "./nodes.ts";
import { TokenReader } from "./token_reader.ts";

/** Names that stand for a value, and cannot be assigned to. */
export const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);

/** Reads operands from tokens. Expressions within their brackets are read by whoever extends it. */
export abstract class OperandReader extends TokenReader {
  /** An expression. */
  abstract expression(): Expression;

  /** One expression, or several as a tuple. */
  abstract tuple(hasChoice: boolean, isParenthesized: boolean): Expression;

  /** A literal, a name, or what stands in brackets. */
  protected primary(): Expression {
    const token = this.next();
    switch (token.type) {
      case "name":
        return CONSTANTS.has(token.value)
          ? { kind: "constant", value: CONSTANTS.get(token.value)! }
          : { kind: "name", name: token.value };
      case "string": {
        let value = token.value;
        while (this.current?.type === "string") value += this.next().value;
        return { kind: "constant", value };
      }
      case "integer":
        return { kind: "constant", value: BigInt(token.value.replaceAll("_", "").toLowerCase()) };
      case "float":
        return { kind: "constant", value: Number(token.value.replaceAll("_", "")) };
      case "operator":
        return this.#bracketed(token.value);
    }
    throw this.fault(token.value);
  }

  #bracketed(opening: string): Expression {
    if (opening === "(") {
      const inner = this.nested(() => this.tuple(true, true));
      this.expect("operator", ")");
      return inner;
    }
    if (opening === "[") {
      return { kind: "list", items: this.#until("]", () => this.expression()) };
    }
    if (opening === "{") {
      const entries = this.#until("}", (): [Expression, Expression] => {
        const key = this.expression();
        this.expect("operator", ":");
        return [key, this.expression()];
      });
      return { kind: "mapping", entries };
    }
    throw this.fault(opening);
  }

  #until<T>(closing: string, read: () => T): T[] {
    const items: T[] = [];
    while (!this.takes("operator", closing)) {
      if (items.length > 0) {
        this.expect("operator", ",");
        if (this.takes("operator", closing)) break;
      }
      items.push(read());
    }
    return items;
  }

  /** What is looked up in an operand, or called. */
  protected postfix(node: Expression): Expression {
    for (;;) {
      if (this.takes("operator", ".")) node = this.#attribute(node);
      else if (this.takes("operator", "[")) node = this.#subscript(node);
      else if (this.sees("operator", "(")) {
        node = { kind: "call", callee: node, arguments: this.arguments() };
      } else return node;
    }
  }

  #attribute(object: Expression): Expression {
    const token = this.next();
    if (token.type === "name") return { kind: "attribute", object, name: token.value };
    if (token.type !== "integer") throw this.fault(token.value);
    return { kind: "item", object, key: { kind: "constant", value: BigInt(token.value) } };
  }

  #subscript(object: Expression): Expression {
    const bounds: (Expression | null)[] = [];
    let bound: Expression | null = null;
    while (!this.takes("operator", "]")) {
      if (this.takes("operator", ":")) {
        bounds.push(bound);
        bound = null;
      } else if (bound === null) bound = this.expression();
      else throw this.fault("subscript");
    }
    if (bounds.length === 0) {
      if (bound === null) throw this.fault("]");
      return { kind: "item", object, key: bound };
    }
    if (bounds.length > 2) throw this.fault("subscript");
    return { kind: "slice", object, bounds: [...bounds, bound] };
  }

  /** Arguments with their brackets. */
  arguments(): Arguments {
    const result: Arguments = { positional: [], named: [] };
    this.expect("operator", "(");
    this.#until(")", () => {
      if (this.takes("operator", "*")) result.list = this.expression();
      else if (this.takes("operator", "**")) result.mapping = this.expression();
      else if (this.current?.type === "name" && this.isNext("operator", "=")) {
        const name = this.next().value;
        this.expect("operator", "=");
        result.named.push([name, this.expression()]);
      } else {
        if (result.named.length > 0) throw this.fault("argument without a name");
        result.positional.push(this.expression());
      }
    });
    return result;
  }
}
