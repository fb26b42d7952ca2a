/** Templates, from their source to a tree of statements. */

import { ExpressionParser } from "./expressions.ts";
import { tokenize } from "./lexer.ts";
import type { Expression, Statement, Target } from "./nodes.ts";

/**
 * The statements of a template.
 *
 * @throws {Error} when the source is no template, or uses another template: there is only one.
 */
export function parseTemplate(source: string): Statement[] {
  return new StatementParser(new ExpressionParser(tokenize(source))).template();
}

/** A generation is a macro of the library's: what it is given beyond its parameters is nothing. */
const OWN_EXTRAS: [Target, Expression][] = [
  [{ kind: "name", name: "varargs" }, { kind: "tuple", items: [] }],
  [{ kind: "name", name: "kwargs" }, { kind: "mapping", entries: [] }],
];

class StatementParser {
  readonly #tokens: ExpressionParser;
  /** How many loops surround this place, within its macro. */
  #loops = 0;

  constructor(tokens: ExpressionParser) {
    this.#tokens = tokens;
  }

  template(): Statement[] {
    const statements = this.#statements([]);
    if (this.#tokens.current !== undefined) throw this.#tokens.fault(this.#tokens.current.value);
    return statements;
  }

  /** Statements up to a block with one of the names, whose name is not yet taken. */
  #statements(ends: string[]): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.#tokens.current;
      if (token === undefined) {
        if (ends.length > 0) throw this.#tokens.fault(`end: ${ends.join(" or ")} is missing`);
        return statements;
      }
      this.#tokens.next();
      if (token.type === "text") statements.push({ kind: "text", text: token.value });
      else if (token.value === "{{") {
        statements.push({ kind: "output", expression: this.#tokens.tuple() });
        this.#tokens.expect("end");
      } else {
        if (this.#tokens.sees("name", ...ends)) return statements;
        statements.push(...this.#tokens.nested(() => this.#block()));
      }
    }
  }

  /** A body, and the block that ends it. */
  #body(end: string): Statement[] {
    this.#tokens.expect("end");
    const body = this.#statements([end]);
    this.#close();
    return body;
  }

  /** The name of the block that ended a body, and its end. */
  #close(): string {
    const { value } = this.#tokens.expect("name");
    // `endmacro` and `endblock` may say once more what they end.
    if (["endmacro", "endblock"].includes(value) && this.#tokens.current?.type === "name") {
      this.#tokens.next();
    }
    this.#tokens.expect("end");
    return value;
  }

  #block(): Statement[] {
    const tokens = this.#tokens;
    const name = tokens.expect("name").value;
    switch (name) {
      case "if":
        return [this.#if()];
      case "for":
        return [this.#for()];
      case "set":
        return [this.#set()];
      case "macro": {
        const name = tokens.expect("name").value;
        return [{
          kind: "macro",
          name,
          parameters: tokens.parameters(),
          body: this.#apart("macro"),
        }];
      }
      case "call": {
        const parameters = tokens.sees("operator", "(") ? tokens.parameters() : [];
        const call = tokens.expression();
        if (call.kind !== "call") throw tokens.fault("call block without a call");
        return [{ kind: "callBlock", parameters, call, body: this.#apart("call") }];
      }
      case "filter":
        return [{ kind: "filterBlock", filter: tokens.filters(), body: this.#body("endfilter") }];
      case "with":
        return [this.#with()];
      case "block":
        tokens.expect("name");
        return [{ kind: "with", assignments: [], body: this.#body("endblock") }];
      case "generation":
        return [{ kind: "with", assignments: OWN_EXTRAS, body: this.#body("endgeneration") }];
      case "break":
      case "continue":
        if (this.#loops === 0) throw tokens.fault(`${name} outside of a loop`);
        tokens.expect("end");
        return [{ kind: name }];
    }
    throw tokens.fault(`block ${name}`);
  }

  #apart(name: string): Statement[] {
    const loops = this.#loops;
    this.#loops = 0;
    const body = this.#body(`end${name}`);
    this.#loops = loops;
    return body;
  }

  #if(): Statement {
    const branches: { test: Expression | null; body: Statement[] }[] = [];
    for (let isElse = false;;) {
      const test = isElse ? null : this.#tokens.tuple(false);
      this.#tokens.expect("end");
      const body = this.#statements(isElse ? ["endif"] : ["elif", "else", "endif"]);
      branches.push({ test, body });
      if (this.#tokens.takes("name", "elif")) continue;
      isElse = this.#tokens.takes("name", "else");
      if (isElse) continue;
      this.#close();
      return { kind: "if", branches };
    }
  }

  #for(): Statement {
    const tokens = this.#tokens;
    const target = tokens.target(false);
    tokens.expect("name", "in");
    const iterable = tokens.tuple(false);
    const condition = tokens.takes("name", "if") ? tokens.expression() : null;
    const isRecursive = tokens.takes("name", "recursive");
    tokens.expect("end");
    this.#loops++;
    const body = this.#statements(["else", "endfor"]);
    this.#loops--;
    const hasElse = tokens.sees("name", "else");
    this.#close();
    const otherwise = hasElse ? this.#statements(["endfor"]) : [];
    if (hasElse) this.#close();
    return { kind: "for", target, iterable, condition, isRecursive, body, otherwise };
  }

  #set(): Statement {
    const tokens = this.#tokens;
    const target = tokens.target(true);
    if (tokens.takes("operator", "=")) {
      const value = tokens.tuple();
      tokens.expect("end");
      return { kind: "set", target, value };
    }
    const filter = tokens.takes("operator", "|") ? tokens.filters() : null;
    return { kind: "setBlock", target, filter, body: this.#body("endset") };
  }

  #with(): Statement {
    const assignments: [Target, Expression][] = [];
    while (this.#tokens.current?.type !== "end") {
      if (assignments.length > 0) this.#tokens.expect("operator", ",");
      const target = this.#tokens.target(false);
      this.#tokens.expect("operator", "=");
      assignments.push([target, this.#tokens.expression()]);
    }
    return { kind: "with", assignments, body: this.#body("endwith") };
  }
}
