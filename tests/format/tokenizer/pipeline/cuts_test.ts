import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BpeModel } from "../../../../src/format/tokenizer/pipeline/bpe.ts";
import { Cuts } from "../../../../src/format/tokenizer/pipeline/cuts.ts";

const LETTERS = [..."abcdefgh▁ü😀"];

/** A model whose merges join what came before them, with unknown characters that become one. */
function modelOf(joined: readonly [number, number][]) {
  const tokens = ["<unk>", ...LETTERS];
  const merges = joined.map(([a, b]): [string, string] => {
    const merge: [string, string] = [
      tokens[1 + a % (tokens.length - 1)],
      tokens[1 + b % (tokens.length - 1)],
    ];
    tokens.push(merge.join(""));
    return merge;
  });
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { type: "BPE", vocab, merges, unk_token: "<unk>", fuse_unk: true };
}

Deno.test("a long piece that is cut has the ids of the whole", () => {
  const merge = fc.tuple(fc.nat(), fc.nat());
  const merges = fc.array(merge, { minLength: 5, maxLength: 20 });
  const words = fc.array(fc.array(fc.constantFrom(...LETTERS, "?", "é")), { minLength: 50 });
  let cut = 0;
  fc.assert(
    fc.property(merges, words, (joined, words) => {
      const model = modelOf(joined);
      const text = words.map((letters) => letters.join("")).join("▁").repeat(40).padEnd(
        17_000,
        "ab",
      );
      // What is looked up as a whole first is not cut.
      const whole = new BpeModel({ ...model, ignore_merges: true });
      assertEquals(new BpeModel(model).idsOf(text), whole.idsOf(text));
      const parts = [...new Cuts(whole.vocabulary).partsOf(text)];
      assertEquals(parts.join(""), text);
      if (parts.length > 100) cut++;
    }),
    { numRuns: 20, endOnFailure: true },
  );
  assert(cut > 10, `only ${cut} texts were cut`);
});

Deno.test("a piece is cut between characters that no token has side by side", () => {
  const cuts = new Cuts(new Map(["a", "b", "▁", "ab", "▁a"].map((token, id) => [token, id])));
  assertEquals([...cuts.partsOf("ab▁aba?b▁")], ["ab", "▁ab", "a?b", "▁"]);
  assertEquals([...cuts.partsOf("a")], ["a"]);
});
