/** Patterns of tokenizer files, with the pieces that the tokenizers library 0.23 splits texts into. */
import { assertEquals, assertThrows } from "@std/assert";
import { split } from "../../../src/format/tokenizer/pipeline/pieces.ts";
import { Pattern } from "../../../src/format/regex/pattern.ts";

/** The pieces of a text that is split at every match. */
function pieces(source: string, text: string): string[] {
  const pattern = new Pattern(source);
  const find = (text: string) => pattern.spans(text);
  return split({ text, isFirst: true }, find, "Isolated").map((piece) => piece.text);
}

const CASES: [pattern: string, text: string, pieces: string[]][] = [
  ["a(?i)b|c", "aB C aC c", ["aB", " C ", "aC", " c"]],
  ["(?:x?){2,}y|.", "xxy x", ["xxy", " ", "x"]],
  ["(?:a?b??)*", "abab", ["a", "b", "a", "b"]],
  ["\\p{Punct}+", "a+b!c$", ["a+b", "!", "c$"]],
  ["[[:punct:]]+", "a+b!c$", ["a", "+", "b", "!", "c", "$"]],
  ["\\p{Word}+", "x²y ¼", ["x²y", " ", "¼"]],
  ["[[:word:]]+", "x²y ¼", ["x", "²", "y", " ¼"]],
  ["[\\p{Space}0-9]+(?-i:ſ*?){2,}|\\p{Punctuation}{,2}", "k ſ", ["k", " ", "ſ"]],
  ["\\p{Lu}*+\\p{L}{2}(?:[A-Zy]{,2}|\\p{Alpha}{,2} ?+)+", "aSs'tKk ſ", ["aS", "s'", "tK", "k ſ"]],
];

Deno.test("options, empty turns and named sets are those of Oniguruma", () => {
  for (const [source, text, expected] of CASES) {
    assertEquals(pieces(source, text), expected, source);
  }
});

Deno.test("letters that are two others in some case are refused where case does not count", () => {
  for (const source of ["(?i:ß)", "(?i)stra", "(?i:office)"]) {
    assertThrows(() => new Pattern(source), Error, "without regard to case", source);
  }
  assertEquals(pieces("(?i:'s|'t|'ll)", "it'S"), ["it", "'S"]);
});
