import { assertEquals, assertMatch } from "@std/assert";
import { draftsLine, statisticsLine, treesLine } from "../../../src/cli/answers/answer_lines.ts";
import { acceptanceRates, tokensPerForward } from "../../../src/engine/text/statistics.ts";

const COUNTS = { forwards: 100, acceptedByOffset: [71, 52] };
const FAKE = { depth: 2, sources: ["fake"] };
const SPEED_UP = {
  drafted: 512.3,
  plain: 95.41,
  ofProcessor: false,
  measured: "compared",
  seconds: 0.312,
} as const;

Deno.test("a forward pass gives its accepted drafts and the model's own choice", () => {
  assertEquals(tokensPerForward(COUNTS), 2.23);
  assertEquals(tokensPerForward({ forwards: 5, acceptedByOffset: [] }), 1);
  assertEquals(tokensPerForward({ forwards: 0, acceptedByOffset: [] }), 0);
});

Deno.test("acceptance is told for every offset that is drafted, also where nothing was kept", () => {
  assertEquals(acceptanceRates(COUNTS, 3), [0.71, 0.52, 0]);
  assertEquals(acceptanceRates({ forwards: 0, acceptedByOffset: [] }, 2), [0, 0]);
});

Deno.test("the line about drafts has a speed-up only next to the speeds that it comes from", () => {
  const line = "2.23 tokens per pass, drafts of fake kept 71% 52%";
  assertEquals(draftsLine(COUNTS, FAKE, null), line);
  const cases = [
    ["compared", "all of it decoded again in 0.31 s"],
    ["calibrated", "measured in 0.31 s"],
    ["before", "plain measured before"],
  ] as const;
  for (const [measured, how] of cases) {
    assertEquals(
      draftsLine(COUNTS, FAKE, { ...SPEED_UP, measured }),
      `${line}; 5.37× plain decoding, 512/s against 95.4/s once running (${how})`,
    );
  }
});

Deno.test("speeds of a processor are told by its time", () => {
  assertMatch(
    draftsLine(COUNTS, FAKE, { ...SPEED_UP, ofProcessor: true }),
    /; 5.37× plain decoding, 512 against 95.4 per second of processor time \(all of it/,
  );
});

Deno.test("the line about drafts names whose they were, and ends with the first offset that kept none", () => {
  const kept = (depth: number, acceptedByOffset: number[], sources = ["fake"]) =>
    draftsLine({ forwards: 100, acceptedByOffset }, { depth, sources }, null).split(", drafts ")[1];
  assertEquals(kept(7, [71, 52]), "of fake kept 71% 52% 0%");
  assertEquals(kept(7, [71, 0, 3]), "of fake kept 71% 0% 3% 0%");
  assertEquals(kept(2, []), "of fake kept 0%");
  assertEquals(kept(2, [50, 50], ["maps", "text"]), "of maps and text kept 50% 50%");
  assertEquals(kept(1, [50], ["a", "b", "c"]), "of a, b and c kept 50%");
});

Deno.test("nothing is told to be kept of drafts that nobody has made", () => {
  const counts = { forwards: 2, acceptedByOffset: [] };
  const plain = { nodes: 1, drafts: "none", steps: 2 } as const;
  const looked = (steps: number) => ({ nodes: 8, drafts: "lookups", steps }) as const;
  const told = (steps: number, speedUp: typeof SPEED_UP | null) =>
    draftsLine({ ...counts, trees: [plain, looked(steps)] }, FAKE, speedUp);
  assertEquals(told(0, null), "1.00 tokens per pass, no drafts were verified");
  assertMatch(told(0, SPEED_UP), /no drafts were verified; 5.37× plain decoding/);
  assertEquals(told(1, null), "1.00 tokens per pass, drafts of fake kept 0%");
});

Deno.test("the line of costs tells how much of a prompt was read, and what of it was known before", () => {
  const cost = { ids: [], promptSeconds: 2, decodeSeconds: 0, forwards: 0 };
  const line = (reusedPromptTokens: number, computedPromptTokens: number) =>
    statisticsLine(300, { ...cost, reusedPromptTokens, computedPromptTokens }).split(",")[0];
  assertEquals(line(0, 300), "prompt 300 tokens");
  assertEquals(line(100, 200), "prompt 300 tokens (100 reused)");
  assertEquals(line(100, 20), "prompt 120 of 300 tokens (100 reused)");
});

Deno.test("what was chosen while an answer came is told, the most frequent first", () => {
  const trees = [
    { nodes: 1, drafts: "none", steps: 12 },
    { nodes: 4, drafts: "lookups", steps: 1 },
    { nodes: 4, drafts: "all", steps: 60 },
    { nodes: 16, drafts: "all", steps: 0 },
  ] as const;
  const chosen = "auto chose: 60 passes with trees of 4 nodes, 12 without drafts, " +
    "1 with up to 3 tokens looked up";
  assertEquals(treesLine(trees, { remembers: false }), chosen);
  assertEquals(
    treesLine(trees, { remembers: true }),
    `${chosen}; it began with what earlier runs had learnt`,
  );
});
