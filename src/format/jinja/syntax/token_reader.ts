/** Reading tokens: looking at the next one, taking it, and saying what is wrong with it. */

import type { Token } from "./lexer.ts";

/** Deepest nesting of expressions and of statements. */
const DEPTH_LIMIT = 200;

/** The tokens of a template, taken one after the other. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  /** The tokens of a whole template. */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token that comes next; undefined at the end of the template. */
  get current(): Token | undefined {
    return this.#tokens[this.#at];
  }

  /** Takes the next token. */
  next(): Token {
    const token = this.current;
    if (token === undefined) throw this.fault("the end of the template");
    this.#at++;
    return token;
  }

  /** Whether the next token is this operator or name. */
  sees(type: "operator" | "name", ...values: string[]): boolean {
    return this.current?.type === type && values.includes(this.current.value);
  }

  /** Whether the token after the next is this one. */
  isNext(type: Token["type"], value: string): boolean {
    const token = this.#tokens[this.#at + 1];
    return token?.type === type && token.value === value;
  }

  /** Takes the next token if it is this one. */
  takes(type: "operator" | "name", value: string): boolean {
    if (!this.sees(type, value)) return false;
    this.#at++;
    return true;
  }

  /** Takes the next token, which must be this one. */
  expect(type: Token["type"], value?: string): Token {
    const token = this.current;
    if (token?.type !== type || (value !== undefined && token.value !== value)) {
      throw this.fault(`${token?.value ?? "the end"}, where ${value ?? type} is expected`);
    }
    return this.next();
  }

  /** The error for what stands here. */
  fault(what: string): Error {
    return new Error(
      `line ${(this.current ?? this.#tokens.at(-1))?.line ?? 1}: unexpected ${what}`,
    );
  }

  /** Runs a step one level deeper. */
  nested<T>(run: () => T): T {
    if (++this.#depth > DEPTH_LIMIT) throw this.fault("depth: too much is nested");
    const result = run();
    this.#depth--;
    return result;
  }
}
