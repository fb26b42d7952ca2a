/** Patterns of tokenizer files, with the pieces that the tokenizers library 0.23 splits texts into. */
import { assertEquals, assertThrows } from "@std/assert";
import { split } from "../../../src/format/tokenizer/pipeline/pieces.ts";
import { Pattern } from "../../../src/format/regex/pattern.ts";

/** The pieces of a text that is split at every match. */
function pieces(source: string, text: string): string[] {
  const pattern = new Pattern(source);
  const find = (text: string) => pattern.spans(text);
  return [...split({ text, isFirst: true }, find, "Isolated")].map((piece) => piece.text);
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
  ["(?i:ß)", "aß b ss SS ẞ sS ſs s", [
    "a",
    "ß",
    " b ",
    "ss",
    " ",
    "SS",
    " ",
    "ẞ",
    " ",
    "sS",
    " ",
    "ſs",
    " s",
  ]],
  ["(?i)strasse", "straße STRASSE STRAẞE ﬆrasse strase", [
    "straße",
    " ",
    "STRASSE",
    " ",
    "STRAẞE",
    " ",
    "ﬆrasse",
    " strase",
  ]],
  ["(?i:office|fit)", "oﬃce oﬀice ofﬁce OFFICE ﬁt", ["oﬃce", " oﬀice ofﬁce ", "OFFICE", " ", "ﬁt"]],
  ["(?i:ss?x)", "ßx sx ssx", ["ßx ", "sx", " ", "ssx"]],
  ["(?i:'s|'t|'ll)", "it'S we'LL 'ſ", ["it", "'S", " we", "'LL", " ", "'ſ"]],
  ["(?i:ss+)", "ß sss ssß", ["ß ", "sss", " ", "ss", "ß"]],
  ["(?i:ẞ)+", "ssß x", ["ssß", " x"]],
  ["(?i:s[s])", "ß ss", ["ß ", "ss"]],
  ["(?i:ﬁ)", "fi FI ﬁ", ["fi", " ", "FI", " ", "ﬁ"]],
  ["(?<=ab|𝒳)x", "abx bx 𝒳x x", ["ab", "x", " bx 𝒳", "x", " x"]],
  ["(?<!a{2})b", "ab aab b", ["a", "b", " aab ", "b"]],
  ["(?<=a+)b", "aab b", ["aa", "b", " b"]],
  ["(?<!\\A)x", "xx x", ["x", "x", " ", "x"]],
  ["(?<=^|\\s)\\w", "ab cd", ["a", "b ", "c", "d"]],
  ["\\n(?!^)", "a\nb\n", ["a\nb", "\n"]],
];

Deno.test("options, empty turns, named sets and letters in any case are those of Oniguruma", () => {
  for (const [source, text, expected] of CASES) {
    assertEquals(pieces(source, text), expected, source);
  }
});

Deno.test("what stands before a place is looked for no farther off than it can begin", () => {
  assertEquals(pieces("(?<=ab?)c", "z".repeat(10_000) + "abc").length, 2);
  const backward = new Pattern("(?<!\\Aa*)b|c");
  assertThrows(() => [...backward.spans("z".repeat(10_000) + "b")], Error, "too many steps");
});

Deno.test("any number of parts may be repeated, but not a hundred quantifiers stand in a row or groups in groups", () => {
  assertEquals(pieces("a?b".repeat(120), "abb".repeat(60) + "x"), ["abb".repeat(60), "x"]);
  const refused: [pattern: string, fault: string][] = [
    ["a" + "*".repeat(200), "too many quantifiers in a row"],
    ["(".repeat(200) + "a" + ")".repeat(200), "too many groups inside one another"],
    ["[".repeat(200) + "a" + "]".repeat(200), "too many brackets inside one another"],
  ];
  for (const [source, fault] of refused) assertThrows(() => new Pattern(source), Error, fault);
});
