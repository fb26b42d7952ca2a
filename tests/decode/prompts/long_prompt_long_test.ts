/** Prompts of 8,192 and 32,768 tokens on two layers with the sizes of SmolLM2-135M. */
import { assert } from "@std/assert";
import { checkAttention } from "../../../src/checks/attention/attention_checks.ts";
import { Findings } from "../../../src/checks/check.ts";
import { textRow } from "../../../src/ops/rows.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { tiny } from "../../model/random_model.ts";
import { checkLongPrompt } from "./long_prompts.ts";

const LENGTH = 32768;
const HEADS = { headCount: 9, kvHeadCount: 3, headDim: 64 };

withGpu("attention of text after 32,000 positions is the oracle's", async (gpu) => {
  const findings = new Findings();
  const rows = Array.from({ length: 9 }, (_, i) => textRow(0, LENGTH - 9 + i));
  await checkAttention(gpu, { ...HEADS, kv: "f16", rows, text: true }, findings);
  const { passed, detail } = findings.result();
  assert(passed, detail);
});

const CONFIG = tiny({
  hiddenSize: 576,
  intermediateSize: 1536,
  ...HEADS,
  vocabSize: 500,
  ropeTheta: 100000,
  contextLength: LENGTH + 8,
});

withGpu(
  "keys, values and ids of 8,192 tokens are those of rows read a few at a time",
  async (gpu) => {
    await checkLongPrompt(gpu, CONFIG, 8192);
  },
);

withGpu(
  "keys, values and ids behind 30,720 tokens and 2,048 more are those of rows read a few at a time",
  async (gpu) => {
    await checkLongPrompt(gpu, CONFIG, LENGTH, LENGTH - 2048);
  },
);
