/** Loops of WGSL whose end the values of uniforms alone decide. */
import { type SourceFile, stripComments } from "./source.ts";

/**
 * What is known of a number while a kernel is compiled for certain values of its uniforms: it is the same
 * for all values, it follows from them, or it is not known. What is made of several is as little known as
 * the least known of them.
 */
enum Known {
  Always,
  WithUniforms,
  Not,
}

/** A word, a number or an operator, and where it begins. */
interface Token {
  text: string;
  index: number;
}

/** A function with what its body declares and changes. */
interface WgslFunction {
  file: WgslFile;
  name: string;
  parameters: string[];
  body: Token[];
  /** What names are declared to be. */
  declared: Map<string, Token[][]>;
  /** What is added to names or taken from them; null where they are changed in another way. */
  steps: Map<string, (Token[] | null)[]>;
}

interface WgslFile {
  path: string;
  text: string;
  functions: WgslFunction[];
  /** Constants, and variables of the module. */
  values: Map<string, Known>;
}

/**
 * Places, as "path:line: condition", of loops that end by a comparison of which nothing is unknown once the
 * uniforms are told, the loop's own counter aside.
 *
 * Each file is looked at by itself. A name that it does not declare is looked for in the files that can
 * be composed with it, which have no `main`; if several declare it, it is as little known as in any.
 */
export function loopsBoundByUniforms(sources: readonly SourceFile[]): string[] {
  const files = sources.map(parse);
  const scope = new Scope(files);
  return files.flatMap(({ path, text, functions }) =>
    functions.flatMap((one) =>
      endsOfLoops(one.body).filter((end) =>
        scope.known(bounds(end, one), one) === Known.WithUniforms
      )
        .map((end) => `${path}:${lineOf(text, end)}: ${end.map((token) => token.text).join(" ")}`)
    )
  );
}

/** Looks names up. */
class Scope {
  readonly #files: readonly WgslFile[];
  readonly #shared: readonly WgslFile[];
  readonly #found: Map<string, Known> = new Map();

  constructor(files: readonly WgslFile[]) {
    this.#files = files;
    this.#shared = files.filter(({ functions }) => !functions.some(({ name }) => name === "main"));
  }

  /** What is known of an expression in a function. */
  known(expression: readonly Token[], within: WgslFunction): Known {
    return least(
      expression.filter(({ text }, i) => isName(text) && expression[i - 1]?.text !== ".")
        .map(({ text }) => this.#once(text, within)),
    );
  }

  #once(name: string, within: WgslFunction): Known {
    const key = `${within.file.path} ${within.name} ${name}`;
    const found = this.#found.get(key);
    if (found !== undefined) return found;
    this.#found.set(key, Known.Always); // What a counter is changed by may name itself.
    const known = this.#lookUp(name, within);
    this.#found.set(key, known);
    return known;
  }

  #lookUp(name: string, within: WgslFunction): Known {
    const declared = within.declared.get(name);
    const steps = within.steps.get(name) ?? [];
    if (steps.includes(null)) return Known.Not;
    if (declared) return least([...declared, ...steps].map((part) => this.known(part!, within)));
    if (within.parameters.includes(name)) return this.#parameter(name, within);
    const own = this.#inModule(name, [within.file]);
    return least(own.length > 0 ? own : this.#inModule(name, this.#shared));
  }

  /** What the modules of files say of a name: nothing of types and of what the language brings along. */
  #inModule(name: string, files: readonly WgslFile[]): Known[] {
    return files.flatMap(({ values, functions }) => [
      ...(values.has(name) ? [values.get(name)!] : []),
      ...functions.filter((one) => one.name === name)
        .map((one) => least(returnsOf(one.body).map((result) => this.known(result, one)))),
    ]);
  }

  /** A parameter follows from uniforms if it does where the function is called, at one place or more. */
  #parameter(name: string, { file, name: called, parameters }: WgslFunction): Known {
    const callers = this.#files.flatMap(({ functions }) => functions)
      .filter((one) => one.file === file || !one.file.functions.some((own) => own.name === called));
    const known = callers.flatMap((one) =>
      callsOf(called, one.body).filter((given) => given.length === parameters.length)
        .map((given) => this.known(given[parameters.indexOf(name)], one))
    );
    if (known.includes(Known.WithUniforms)) return Known.WithUniforms;
    return known.length > 0 ? least(known) : Known.Not;
  }
}

function least(known: readonly Known[]): Known {
  return Math.max(Known.Always, ...known);
}

function isName(text: string): boolean {
  return /^[A-Za-z_]/.test(text);
}

function lineOf(text: string, [{ index }]: readonly Token[]): number {
  return text.slice(0, index).split("\n").length;
}

function parse({ path, text: commented }: SourceFile): WgslFile {
  const text = stripComments(commented);
  const file: WgslFile = { path, text, functions: [], values: new Map() };
  for (
    const [, kind, name] of text.matchAll(/^(?:@.*\) |)(override|const|var(?:<.*?>)?) (\w+)/gm)
  ) {
    const known = kind.startsWith("var") ? Known.Not : Known.Always;
    file.values.set(name, kind === "var<uniform>" ? Known.WithUniforms : known);
  }
  const pattern = /[A-Za-z_]\w*|\d[\w.]*|<<=?|>>=?|[-+*/%&|^<>=!]=|\+\+|--|&&|\|\||\S/g;
  const tokens = [...text.matchAll(pattern)].map(({ 0: text, index }) => ({ text, index }));
  for (const [i, token] of tokens.entries()) {
    if (token.text === "fn") file.functions.push(parseFunction(file, tokens.slice(i + 1)));
  }
  return file;
}

function parseFunction(file: WgslFile, [name, ...rest]: Token[]): WgslFunction {
  const parameters = inBrackets(rest).filter((_, i, all) => all[i + 1]?.text === ":")
    .map(({ text }) => text);
  const body = inBrackets(rest.slice(rest.findIndex(({ text }) => text === "{")));
  const declared: WgslFunction["declared"] = new Map();
  const steps: WgslFunction["steps"] = new Map();
  for (const [i, { text }] of body.entries()) {
    const before = body[i - 1]?.text;
    if (!isName(text) || before === ".") continue;
    const statement = body.slice(i + 1, i + 1 + statementEnd(body.slice(i + 1)));
    if (["let", "const", "var"].includes(before)) {
      const start = statement.findIndex((token) => token.text === "=");
      append(declared, text, start < 0 ? [] : statement.slice(start + 1));
    } else if (["+=", "-=", "++", "--"].includes(statement[0]?.text)) {
      append(steps, text, statement.slice(1));
    } else if (/^([*/%&|^]|<<|>>)?=$/.test(statement[0]?.text) || before === "&") {
      append(steps, text, null);
    }
  }
  return { file, name: name.text, parameters, body, declared, steps };
}

function append<Part>(parts: Map<string, Part[]>, name: string, part: Part): void {
  parts.set(name, [...parts.get(name) ?? [], part]);
}

/** Tokens up to the end of a statement: a semicolon, or the end of the bracket that it stands in. */
function statementEnd(tokens: readonly Token[]): number {
  let depth = 0;
  for (const [i, { text }] of tokens.entries()) {
    if ("([{".includes(text)) depth++;
    if (")]}".includes(text) && --depth < 0 || text === ";" && depth === 0) return i;
  }
  return tokens.length;
}

/** What stands in the first bracket. */
function inBrackets(tokens: readonly Token[]): Token[] {
  const start = tokens.findIndex(({ text }) => "([{".includes(text)) + 1;
  let end = start;
  for (let depth = 1; depth > 0 && end < tokens.length; end++) {
    if ("([{".includes(tokens[end].text)) depth++;
    if (")]}".includes(tokens[end].text)) depth--;
  }
  return tokens.slice(start, end - 1);
}

/** The parts between separators that stand in no bracket of their own. */
function partsOf(tokens: readonly Token[], separator: string): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if ("([{".includes(token.text)) depth++;
    if (")]}".includes(token.text)) depth--;
    if (depth === 0 && token.text === separator) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

function returnsOf(body: readonly Token[]): Token[][] {
  return after("return", body).map((rest) => rest.slice(0, statementEnd(rest)));
}

function callsOf(name: string, body: readonly Token[]): Token[][][] {
  return after(name, body).filter(([next]) => next?.text === "(").map((rest) =>
    partsOf(inBrackets(rest), ",")
  );
}

/** The conditions that end loops. */
function endsOfLoops(body: readonly Token[]): Token[][] {
  const ofFor = after("for", body).map((rest) => partsOf(inBrackets(rest), ";")[1]);
  const ofWhile = after("while", body).map((rest) => inBrackets(rest));
  const ofIf = after("if", body).filter((rest) => {
    const condition = inBrackets(rest);
    return rest[condition.length + 2]?.text === "{" && rest[condition.length + 3]?.text === "break";
  }).map((rest) => inBrackets(rest));
  return [...ofFor, ...ofWhile, ...ofIf];
}

/** What counters are compared with: all of a condition but the names that go up or down by steps. */
function bounds(condition: readonly Token[], { steps }: WgslFunction): Token[] {
  return condition.filter(({ text }) => steps.get(text)?.includes(null) ?? true);
}

/** What follows each place of a word. */
function after(word: string, tokens: readonly Token[]): Token[][] {
  return tokens.flatMap(({ text }, i) => text === word ? [tokens.slice(i + 1)] : []);
}
