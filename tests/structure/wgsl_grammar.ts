/** What a lenient compiler of WGSL takes and a strict one, such as a browser's, does not. */
import { type SourceFile, stripComments } from "./source.ts";

const BITWISE = ["&", "|", "^"];
const SHIFTS = ["<<", ">>"];
const LOGICAL = ["&&", "||"];
const OPERATOR = /<<|>>|&&|\|\||[<>=!]=|[-+*/%&|^<>]/;
const TEMPLATE = /\b(array|vec\d|mat\dx\d|ptr|atomic|bitcast|var|texture_\w+)\s*<[^<>;{}]*>/g;

/** Expressions, as "path: expression", that mix operators which the grammar has in brackets of their own. */
export function mixedOperators(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(({ path, text }) =>
    plainExpressions(stripComments(text)).filter((expression) => isMixed(binaryIn(expression)))
      .map((expression) => `${path}: ${expression.trim()}`)
  );
}

/** The parts of a source between separators, without templates; what stood in brackets is one name in them. */
function plainExpressions(text: string): string[] {
  const found: string[] = [];
  const keep = (part: string) =>
    void found.push(...part.split(/[,;{}:]|(?<![<>=!])=(?!=)|\breturn\b/));
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replace(TEMPLATE, "T");
  }
  for (let before = ""; before !== text;) {
    before = text;
    text = text.replace(/[([]([^()[\]]*)[)\]]/g, (_, inner: string) => {
      keep(inner);
      return "_x";
    });
  }
  keep(text);
  return found;
}

/** Operators that have an operand on either side. */
function binaryIn(expression: string): string[] {
  const operators: string[] = [];
  let hasLeft = false;
  for (const [token] of expression.matchAll(new RegExp(`${OPERATOR.source}|[\\w.]+|\\S`, "g"))) {
    const isOperator = OPERATOR.test(token);
    if (isOperator && hasLeft) operators.push(token);
    hasLeft = !isOperator && token !== "!" && token !== "~";
  }
  return operators;
}

function isMixed(operators: readonly string[]): boolean {
  if (operators.some((one) => BITWISE.includes(one))) return new Set(operators).size > 1;
  if (LOGICAL.every((one) => operators.includes(one))) return true;
  const compared = operators.join(" ").split(/[<>=!]=|&&|\|\||(?<![<>])[<>](?![<>])/);
  return compared.map((part) => part.trim().split(" ")).some((part) =>
    part.length > 1 && part.some((one) => SHIFTS.includes(one))
  );
}

/**
 * Functions, as "path: name", that pass a barrier only if a condition lets them, which a buffer that the kernel
 * writes or the number of the lane decides. What is named by `let` counts as what it is named after.
 */
export function barriersInDoubt(sources: readonly SourceFile[]): string[] {
  return sources.flatMap(({ path, text: commented }) => {
    const text = stripComments(commented);
    const written = [...text.matchAll(/var<storage, read_write> (\w+)/g)].map(([, name]) => name);
    const functions = [...text.matchAll(/^fn (\w+)[^]*?\{\n([^]*?)^\}/gm)];
    const passing = functions.filter(([, , body]) => /\bworkgroupBarrier\(/.test(body)).map((
      [, name],
    ) => name);
    const barrier = new RegExp(`\\b(${["workgroupBarrier", ...passing].join("|")})\\(`);
    return functions.filter(([, , body]) => isInDoubt(body, [...written, "lane", "local"], barrier))
      .map(([, name]) => `${path}: ${name}`);
  });
}

function isInDoubt(body: string, doubtful: readonly string[], barrier: RegExp): boolean {
  const names = [...doubtful];
  const isDoubtful = (text: string) => new RegExp(`(?<!\\.)\\b(${names.join("|")})\\b`).test(text);
  for (const [, name, value] of body.matchAll(/\blet (\w+) = ([^;]*);/g)) {
    if (isDoubtful(value)) names.push(name);
  }
  return [...body.matchAll(/^( *)(?:\} else )?if (.*) \{\n([^]*?)^\1\}/gm)].some((found) => {
    const [whole, , condition, inner] = found;
    const rest = body.slice(found.index + whole.length);
    return isDoubtful(condition) &&
      (barrier.test(inner) || (/\breturn\b/.test(inner) && barrier.test(rest)));
  });
}
