import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { figuresByCategory } from "../../../src/bench/runs/figures.ts";
import { PLAIN } from "../../../src/draft/registry.ts";
import { type EncodedPrompt, runPaired } from "../../../src/bench/runs/paired_runs.ts";
import type { Decoder } from "../../../src/decode/types.ts";
import { fakeDecoder, type FakeDecoding } from "./fake_decoder.ts";

const PROMPTS: EncodedPrompt[] = [
  { category: "tales", ids: [100] },
  { category: "tales", ids: [200] },
  { category: "problems", ids: [300] },
];
const OPTIONS = { gpu: { isSoftware: true }, maxTokens: 12, rounds: 2 };

async function run(others: Record<string, FakeDecoding>) {
  const log: string[] = [];
  const plain = fakeDecoder(log, "plain", { seconds: (prompt) => prompt / 10 });
  const contenders = Object.entries(others).map(([name, fake]) => ({
    name,
    decoder: fakeDecoder(log, name, fake),
  }));
  return {
    log,
    ...await runPaired([{ name: PLAIN.name, decoder: plain }, ...contenders], PROMPTS, OPTIONS),
  };
}

Deno.test("every method decodes each prompt right after the others, after one warm-up", async () => {
  const { log, runs } = await run({ a: { seconds: () => 1 }, b: { seconds: () => 1 } });
  const turn = (prompt: number) => [`plain ${prompt}`, `a ${prompt}`, `b ${prompt}`];
  const twice = (prompt: number) => [...turn(prompt), ...turn(prompt)];
  assertEquals(log, [...turn(100), ...twice(100), ...twice(200), ...twice(300)]);
  assertEquals(runs.length, 3 * 3 * 2); // All but the warm-up.
});

Deno.test("a long text is warmed up for by a short one", async () => {
  const lengths: number[] = [];
  const fake = fakeDecoder([], "plain", { seconds: () => 1 });
  const decoder: Decoder = {
    ...fake,
    decode: (request) => (lengths.push(request.maxTokens), fake.decode(request)),
  };
  await runPaired([{ name: PLAIN.name, decoder }], PROMPTS.slice(0, 1), {
    ...OPTIONS,
    maxTokens: 100,
  });
  assertEquals(lengths, [32, 100, 100]);
});

Deno.test("the processor's time is that of the text alone: its prompt is read before", async () => {
  const lengths: number[] = [];
  const fake = fakeDecoder([], "plain", { seconds: () => 1000 });
  const decoder: Decoder = {
    ...fake,
    decode(request) {
      lengths.push(request.maxTokens);
      // Some work for the processor, while the fake tells of a thousand seconds.
      for (let i = 0, x = 1; i < 3e6; i++) x = Math.sin(x);
      return fake.decode(request);
    },
  };
  const { runs } = await runPaired([{ name: PLAIN.name, decoder }], PROMPTS.slice(0, 1), {
    ...OPTIONS,
    clock: "processor",
    rounds: 1,
  });
  assertEquals(lengths.slice(-2), [1, 12]);
  assert(runs[0].seconds > 0.001 && runs[0].seconds < 10, `${runs[0].seconds} s`);
});

Deno.test("progress is told at first and after each decoding, up to all of them", async () => {
  const heard: [number, number][] = [];
  const decoder = fakeDecoder([], "plain", { seconds: () => 1 });
  const onProgress = (done: number, total: number) => heard.push([done, total]);
  await runPaired([{ name: PLAIN.name, decoder }], PROMPTS, { ...OPTIONS, onProgress });
  assertEquals(heard, [0, 1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
});

Deno.test("speed-ups are ratios to plain decoding of the same prompt, by category and over all", async () => {
  const { runs } = await run({ drafter: { seconds: (prompt) => prompt / 20, drafts: 3 } });
  const figures = figuresByCategory(runs, "drafter", 4);
  assertEquals(Object.keys(figures), ["all", "tales", "problems"]);
  for (const { speedUp, tokensPerForward, acceptance } of Object.values(figures)) {
    assertEquals(speedUp, { median: 2, low: 2, high: 2 });
    assertEquals(tokensPerForward, 4);
    assertEquals(acceptance, [1, 1, 1, 0]);
  }
  assertAlmostEquals(figures.problems.tokensPerSecond.median, 12 / 15);
  assertAlmostEquals(
    figuresByCategory(runs, PLAIN.name, 0).tales.tokensPerSecond.median,
    (1.2 + 0.6) / 2,
  );
});

Deno.test("a method with one wrong id is disqualified, timed no more, and named with the place", async () => {
  const { log, runs, differences } = await run({
    honest: { seconds: () => 1 },
    tampered: { seconds: () => 0.001, wrongAt: (prompt) => prompt === 200 ? 7 : null },
  });
  assertEquals([...differences], [
    ["tampered", { prompt: 1, token: 8, found: -1, expected: 207 }],
  ]);
  assertEquals(runs.filter(({ method }) => method === "tampered"), []);
  assertEquals(log.filter((line) => line === "tampered 200").length, 1);
  assertEquals(log.filter((line) => line === "tampered 300").length, 0);
});

Deno.test("an id that is wrong in a later decoding only disqualifies as well", async () => {
  const last = 2 * PROMPTS.length; // The warm-up is decoding 0.
  const wrongAt = (_: number, decoding: number) => decoding === last ? 0 : null;
  const { differences } = await run({ flaky: { seconds: () => 1, wrongAt } });
  assertEquals(differences.get("flaky"), { prompt: 2, token: 1, found: -1, expected: 300 });
});

Deno.test("runs that are ended early keep the rounds that all decoders have decoded", async () => {
  for (const [decodings, kept] of [[2, 0], [3, 0], [5, 2], [7, 4], [14, 12]]) {
    const stop = new AbortController();
    const log: string[] = [];
    const decoders = ["plain", "other"].map((name) => {
      const fake = fakeDecoder(log, name, { seconds: () => 1 });
      const decode: Decoder["decode"] = (request) => {
        if (log.length === decodings) stop.abort();
        return fake.decode(request);
      };
      return { name, decoder: { ...fake, decode } };
    });
    const options = { ...OPTIONS, signal: stop.signal };
    if (kept === 0) {
      await assertRejects(() => runPaired(decoders, PROMPTS, options), DOMException);
      continue;
    }
    const { runs } = await runPaired(decoders, PROMPTS, options);
    assertEquals(runs.length, kept, `${decodings} decodings`);
  }
});

Deno.test("nothing is told if plain decoding does not repeat itself", async () => {
  const decoder = fakeDecoder([], "plain", {
    seconds: () => 1,
    wrongAt: (_, decoding) => decoding === 4 ? 2 : null,
  });
  await assertRejects(
    () => runPaired([{ name: PLAIN.name, decoder }], PROMPTS, OPTIONS),
    Error,
    `${PLAIN.name} does not repeat itself: token 3 of prompt 2 is -1, its first decoding has 202`,
  );
});
