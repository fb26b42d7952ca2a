/** What this program makes of texts and prompts, beside what Python's libraries made of them. */
import { createDecoder } from "../../src/decode/decoder.ts";
import type { Decoder } from "../../src/decode/types.ts";
import { GREEDY } from "../../src/ops/choose.ts";
import type { DraftAssets } from "../../src/draft/assets.ts";
import { createMethod, missingFor } from "../../src/draft/method.ts";
import { DRAFTING_METHODS } from "../../src/draft/registry.ts";
import { encodePrompt, type PromptModel } from "../../src/engine/text/prompts/prompt_encoding.ts";
import type { Tokenizer } from "../../src/format/tokenizer/tokenizer.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { collect } from "../decode/collect.ts";

/** What the library says to a message, by the model's chat template, or to a prompt as it is. */
export interface GoldenCase {
  message?: string;
  prompt?: string;
  prompt_ids: number[];
  greedy_ids: number[];
}

/** A line for each text whose ids are others. */
export function* compareTexts(
  tokenizer: Tokenizer,
  texts: readonly string[],
  expected: readonly (readonly number[])[],
): Generator<string> {
  for (const [i, text] of texts.entries()) {
    const ids = tokenizer.encode(text);
    if (ids.join() !== expected[i].join()) {
      yield `${JSON.stringify(text)} are ${ids}, expected ${expected[i]}`;
    }
  }
}

/** A line for each prompt whose ids are others, messages written by the chat template. */
export function* comparePrompts(
  model: PromptModel,
  cases: readonly GoldenCase[],
): Generator<string> {
  for (const golden of cases) {
    const { message, prompt_ids: expected } = golden;
    const { ids } = encodePrompt(
      model,
      message === undefined
        ? { text: golden.prompt! }
        : { messages: [{ role: "user", content: message }] },
    );
    if (ids.join() !== expected.join()) yield `${nameOf(golden)} are ${ids}, expected ${expected}`;
  }
}

/** Continues every prompt greedily: a line for each that goes on otherwise, and how fast it went. */
export async function compareIds(
  decoder: Decoder,
  cases: readonly GoldenCase[],
  eosTokenIds: readonly number[],
): Promise<{ differences: string[]; tokensPerPass: number }> {
  const differences: string[] = [];
  let [tokens, forwards] = [0, 0];
  for (const golden of cases) {
    const expected = golden.greedy_ids;
    const found = await collect(decoder, {
      promptIds: golden.prompt_ids,
      maxTokens: expected.length,
      sampling: GREEDY,
      eosTokenIds,
    });
    tokens += found.ids.length;
    forwards += found.forwards;
    if (found.ids.join() === expected.join()) continue;
    const at = expected.findIndex((id, i) => id !== found.ids[i]);
    differences.push(`${nameOf(golden)} differ from id ${at} of ${expected.length} on`);
  }
  return { differences, tokensPerPass: tokens / forwards };
}

/** What is decoded by every method: this many prompts, and after each this many tokens. */
const METHOD_PROMPTS = 2;
const METHOD_TOKENS = 24;

/**
 * Continues the first prompts greedily and with tokens that are drawn, by every drafting method that the
 * model has what it needs for: a line for each text that is not plain decoding's, and the methods.
 */
export async function compareMethods(
  model: Transformer,
  assets: DraftAssets,
  cases: readonly GoldenCase[],
): Promise<{ differences: string[]; methods: number }> {
  const methods = DRAFTING_METHODS.filter((method) => missingFor(method, assets) === null);
  const differences: string[] = [];
  using plain = createDecoder(model);
  const requests = cases.slice(0, METHOD_PROMPTS).flatMap(({ prompt_ids: promptIds }) =>
    [GREEDY, { ...GREEDY, temperature: 0.8, topP: 0.95, seed: 7 }]
      .map((sampling) => ({ promptIds, maxTokens: METHOD_TOKENS, sampling, eosTokenIds: [] }))
  );
  const expected: string[] = [];
  for (const request of requests) expected.push((await collect(plain, request)).ids.join());
  for (const registered of methods) {
    using decoder = createDecoder(
      model,
      {},
      await createMethod(registered, model, assets, { nodes: 6 }),
    );
    for (const [i, request] of requests.entries()) {
      const ids = (await collect(decoder, request)).ids.join();
      if (ids !== expected[i]) {
        differences.push(`${registered.name} are ${ids}, plainly ${expected[i]}`);
      }
    }
  }
  return { differences, methods: methods.length };
}

function nameOf({ message, prompt }: GoldenCase): string {
  return JSON.stringify(message ?? prompt);
}
