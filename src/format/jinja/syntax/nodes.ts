/** The tree of a template. */

import type { Value } from "../values/values.ts";

/** Arguments of a call, a filter or a test. */
export interface Arguments {
  positional: Expression[];
  named: [name: string, value: Expression][];
  /** What stands behind `*`, and behind `**`. */
  list?: Expression;
  mapping?: Expression;
}

/** What has a value. */
export type Expression =
  | { kind: "constant"; value: Value }
  | { kind: "name"; name: string }
  | { kind: "list" | "tuple"; items: Expression[] }
  | { kind: "mapping"; entries: [Expression, Expression][] }
  | { kind: "unary"; operator: "not" | "-" | "+"; operand: Expression }
  | { kind: "binary"; operator: string; left: Expression; right: Expression }
  | { kind: "compare"; first: Expression; rest: [operator: string, operand: Expression][] }
  | { kind: "join"; parts: Expression[] }
  | { kind: "choice"; test: Expression; then: Expression; otherwise: Expression | null }
  | { kind: "attribute"; object: Expression; name: string }
  | { kind: "item"; object: Expression; key: Expression }
  | { kind: "slice"; object: Expression; bounds: (Expression | null)[] }
  | { kind: "call"; callee: Expression; arguments: Arguments }
  | { kind: "filter"; operand: Expression | null; name: string; arguments: Arguments }
  | { kind: "test"; operand: Expression; name: string; arguments: Arguments };

/** What is assigned to. */
export type Target =
  | { kind: "name"; name: string }
  | { kind: "property"; name: string; property: string }
  | { kind: "tuple"; items: Target[] };

/** A parameter of a macro. */
export interface Parameter {
  name: string;
  otherwise: Expression | null;
}

/** What writes, assigns or repeats. */
export type Statement =
  | { kind: "text"; text: string }
  | { kind: "output"; expression: Expression }
  | { kind: "if"; branches: { test: Expression | null; body: Statement[] }[] }
  | {
    kind: "for";
    target: Target;
    iterable: Expression;
    condition: Expression | null;
    isRecursive: boolean;
    body: Statement[];
    otherwise: Statement[];
  }
  | { kind: "set"; target: Target; value: Expression }
  | { kind: "setBlock"; target: Target; filter: Expression | null; body: Statement[] }
  | { kind: "macro"; name: string; parameters: Parameter[]; body: Statement[] }
  | {
    kind: "callBlock";
    parameters: Parameter[];
    call: Expression & { kind: "call" };
    body: Statement[];
  }
  | { kind: "filterBlock"; filter: Expression; body: Statement[] }
  | { kind: "with"; assignments: [Target, Expression][]; body: Statement[] }
  | { kind: "break" | "continue" };
