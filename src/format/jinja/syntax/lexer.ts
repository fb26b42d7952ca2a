/** A template's source as text and tokens, with the rules for blanks that chat templates rely on. */

import { trimmedEnd, trimmedEnds, withBlanks } from "../values/blanks.ts";

/** A piece of the source. */
export interface Token {
  type: "text" | "name" | "string" | "integer" | "float" | "operator" | "begin" | "end";
  value: string;
  line: number;
}

const TAG = withBlanks(/\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})|\{([{%#])([-+]?)/g);
const COMMENT_END = withBlanks(/(?:\+#\}|-#\}\s*|#\}\n?)/g);
const RAW_END = withBlanks(/\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g);
const BLOCK_END = withBlanks(/(?:\+%\}|-%\}\s*|%\}\n?)/y);
const VARIABLE_END = withBlanks(/(?:-\}\}\s*|\}\})/y);
const INSIDE = [
  ["space", withBlanks(/\s+/y)],
  [
    "float",
    /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/yi,
  ],
  ["integer", /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/yi],
  ["name", /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}]*/yu],
  ["string", /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/y],
  ["operator", /\/\/|\*\*|[=!<>]=|[-+*/%~[\](){}<>=.:|,;]/y],
] as const;

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/**
 * The tokens of a template: texts, and between `begin` and `end` what stands in a tag. The line
 * break after a block goes, and so do the blanks before one at the start of a line.
 *
 * @throws {Error} when a tag is not closed or holds what is no token.
 */
export function tokenize(template: string): Token[] {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  return new Lexer(source).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #counted = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    for (;;) {
      TAG.lastIndex = this.#at;
      const tag = TAG.exec(this.#source);
      if (tag === null) break;
      const [opening, kind, sign] = tag;
      this.#text(tag.index, sign ?? opening.match(/^\{%([-+]?)/)![1], kind === "{");
      this.#at = tag.index + opening.length;
      if (kind === undefined) this.#raw();
      else if (kind === "#") this.#comment();
      else this.#tag(kind === "{" ? "{{" : "{%");
    }
    this.#add("text", this.#source.slice(this.#at));
    return this.#tokens;
  }

  #add(type: Token["type"], value: string): void {
    if (type === "text" && value === "") return;
    for (; this.#counted < this.#at; this.#counted++) {
      if (this.#source[this.#counted] === "\n") this.#line++;
    }
    this.#tokens.push({ type, value, line: this.#line });
  }

  /** The text up to a tag, without the blanks that the tag takes along. */
  #text(end: number, sign: string, isVariable: boolean): void {
    let text = this.#source.slice(this.#at, end);
    if (sign === "-") text = trimmedEnd(text);
    else if (sign !== "+" && !isVariable) {
      const lineStart = text.lastIndexOf("\n") + 1;
      const startsLine = lineStart > 0 || this.#at === 0 || this.#source[this.#at - 1] === "\n";
      if (startsLine && trimmedEnds(text.slice(lineStart)) === "") text = text.slice(0, lineStart);
    }
    this.#add("text", text);
  }

  #comment(): void {
    COMMENT_END.lastIndex = this.#at;
    if (COMMENT_END.exec(this.#source) === null) throw new Error("a comment is not closed");
    this.#at = COMMENT_END.lastIndex;
  }

  #raw(): void {
    RAW_END.lastIndex = this.#at;
    const end = RAW_END.exec(this.#source);
    if (end === null) throw new Error("a raw block is not closed");
    this.#text(end.index, end[1], false);
    this.#at = RAW_END.lastIndex;
  }

  #tag(begin: "{{" | "{%"): void {
    this.#add("begin", begin);
    const closing: string[] = [];
    for (;;) {
      const end = begin === "{{" ? VARIABLE_END : BLOCK_END;
      end.lastIndex = this.#at;
      if (closing.length === 0 && end.test(this.#source)) {
        this.#add("end", begin);
        this.#at = end.lastIndex;
        return;
      }
      const [type, value] = this.#inside();
      this.#at += value.length;
      if (type === "space") continue;
      if (type === "operator") {
        if (Object.hasOwn(CLOSING, value)) closing.push(CLOSING[value]);
        else if (")]}".includes(value) && closing.pop() !== value) {
          throw new Error(`line ${this.#line}: an unexpected ${value}`);
        }
      }
      this.#add(type, type === "string" ? unescape(value.slice(1, -1)) : value);
    }
  }

  #inside(): [(typeof INSIDE)[number][0], string] {
    for (const [type, expression] of INSIDE) {
      expression.lastIndex = this.#at;
      const found = expression.exec(this.#source);
      if (found !== null) return [type, found[0]];
    }
    const rest = this.#source.slice(this.#at, this.#at + 10);
    throw new Error(rest === "" ? "a tag is not closed" : `line ${this.#line}: unexpected ${rest}`);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** A string without its quotes, its escapes read as Python reads them. */
function unescape(text: string): string {
  const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([^]))/g;
  return text.replace(escape, (whole, x, u, long, octal, character) => {
    if ("xuUN".includes(character)) throw new Error(`the escape ${whole} in a string`);
    if (character !== undefined) return ESCAPES[character] ?? whole;
    return String.fromCodePoint(octal ? parseInt(octal, 8) : parseInt(x ?? u ?? long, 16));
  });
}
