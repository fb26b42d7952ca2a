/** Logits of a finished text are those of the passes that made it, and the oracle's. */

import { assertEquals } from "@std/assert";
import { createDecoder } from "../../../src/decode/decoder.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { textLogits } from "../../../src/engine/audit/text_logits.ts";
import { scoreAnswer } from "../../../src/engine/text/scores/logprobs.ts";
import { collect } from "../../decode/collect.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { assertClose, logitTolerance } from "../../model/closeness.ts";
import { Forward } from "../../model/forward.ts";
import { randomModel, tiny } from "../../model/random_model.ts";
import { chainRows, createKvCache, forwardRows } from "../../reference/model.ts";
import { byteTokenizer } from "../fake_model.ts";

const config = tiny({ vocabSize: 37 });
const ids = randomIntegers(41, 7, config.vocabSize);

/** Rows joined to [rows, vocabulary]. */
function joined(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

withGpu("logits of a text have the bits of a forward pass, from any position on", async (gpu) => {
  using random = await randomModel(gpu, config, ["F32"]);
  for (const kv of ["f16", "f32"] as const) {
    using forward = new Forward(random.model, 128, kv);
    const expected = await forward.runText(ids, 1);
    for (const from of [0, 1, 23, 25, 40]) {
      const rows = await Array.fromAsync(textLogits(random.model, { ids, from, kv }));
      assertEquals(rows.length, ids.length - from);
      assertEquals(joined(rows), expected.slice(from * config.vocabSize), `from ${from}, ${kv}`);
    }
  }
});

withGpu("an aborted reading ends early, and says how far it is until then", async (gpu) => {
  using random = await randomModel(gpu, config, ["F32"]);
  const abort = new AbortController();
  const heard: number[] = [];
  const onProgress = (done: number) => heard.push(done);
  const request = { ids, from: 5, kv: "f32", signal: abort.signal, onProgress } as const;
  let rows = 0;
  for await (const _ of textLogits(random.model, request)) if (++rows === 3) abort.abort();
  assertEquals([rows, heard.at(-1)], [16, 21]);
  assertEquals(await Array.fromAsync(textLogits(random.model, request)), []);
});

withGpu("log probabilities are those of the oracle in float64", async (gpu) => {
  using random = await randomModel(gpu, config, ["F32"]);
  const { logits } = forwardRows(
    random.weights,
    config,
    chainRows(ids, 0),
    createKvCache(config, 128),
  );
  const from = 12;
  const model = {
    tokenizer: byteTokenizer,
    textLogits: (ids: readonly number[], from: number) =>
      textLogits(random.model, { ids, from, kv: "f32" }),
  };
  const [promptIds, answer] = [ids.slice(0, from), ids.slice(from)];
  const scored = await scoreAnswer(model, { promptIds, ids: answer, top: config.vocabSize });
  assertEquals(scored.map(({ id }) => id), answer);
  for (const [i, { id, logprob, top }] of scored.entries()) {
    const row = logits.slice((from - 1 + i) * config.vocabSize, (from + i) * config.vocabSize);
    const sum = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const expected = row.map((logit) => logit - Math.log(sum));
    const found = new Float32Array(config.vocabSize);
    for (const other of top) found[other.id] = other.logprob;
    // A logit's error moves its own logarithm and that of the sum.
    const largest = Math.max(...row.map(Math.abs)) / Math.max(...expected.map(Math.abs));
    assertClose(found, expected, 2 * logitTolerance(config) * Math.max(1, largest));
    assertEquals(logprob, top.find((other) => other.id === id)!.logprob);
    assertEquals(
      top.map(({ logprob }) => logprob),
      top.map(({ logprob }) => logprob).toSorted((a, b) => b - a),
    );
  }
});

withGpu("each greedy token is the most probable one of the text's own logits", async (gpu) => {
  using random = await randomModel(gpu, config, ["F16"]);
  using decoder = createDecoder(random.model, { prefillChunk: 4, stepsPerSubmit: 4, ringDepth: 2 });
  const promptIds = ids.slice(0, 9);
  const request = { promptIds, maxTokens: 40, sampling: GREEDY, eosTokenIds: [] };
  const answer = (await collect(decoder, request)).ids;
  const text = [...promptIds, ...answer].slice(0, -1);
  const rows = await Array.fromAsync(textLogits(random.model, { ids: text, from: 8, kv: "f16" }));
  assertEquals(rows.map((row) => row.indexOf(Math.max(...row))), answer);
});
