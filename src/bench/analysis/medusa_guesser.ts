import { MEDUSA } from "../../draft/medusa/medusa.ts";
import type { MedusaHeads } from "../../draft/medusa/medusa_heads.ts";
import { outputStride, project } from "../../ops/products/matmul.ts";
import { innerProducts, medusaBlock } from "../../ops/drafting/medusa.ts";
import { createNames, padRows } from "../../ops/rows.ts";
import type { Guesser, Guesses } from "./guessers.ts";
import type { TextStates } from "./text_states.ts";
import { TopTokens } from "./top_tokens.ts";

/** Medusa's heads (Cai et al., 2024) on the last hidden state of each position. */
export function medusaGuesser(text: TextStates, { inner, bias, outputs }: MedusaHeads): Guesser {
  const { model, length, at } = text;
  const { gpu, config: { hiddenSize, rmsNormEps: epsilon } } = model;
  const heads = outputs.length;
  const floats = (label: string, rows: number, width = hiddenSize) =>
    gpu.storage(label, 4 * padRows(rows) * outputStride(width));
  const states = floats("final states", length);
  const products = floats("inner products", length, heads * hiddenSize);
  const blocks = floats("blocks", heads * length);
  const batch = createNames(gpu, Array.from({ length: heads * length }, (_, i) => i % length));
  const top = new TopTokens(text);
  const pass = [
    ...innerProducts(gpu, {
      batch: at.batch,
      rowCount: length,
      hiddenSize,
      epsilon,
      prepared: at.prepared,
      states,
      inner,
      products,
    }),
    medusaBlock(gpu, {
      batch,
      heads,
      perHead: length,
      hiddenSize,
      bias,
      states,
      products,
      gather: true,
      output: blocks,
    }),
  ];
  return {
    name: MEDUSA.name,
    async guess(tokens) {
      await text.submit(pass);
      const guesses: Guesses = [];
      for (const [i, weights] of outputs.entries()) {
        const rows = tokens.map((_, n) => i * length + n);
        guesses.push(
          await top.of(
            ({ logits: output, ...named }) =>
              project(gpu, { ...named, gather: true, weights, input: blocks, output }),
            rows,
          ),
        );
      }
      return guesses;
    },
    [Symbol.dispose]() {
      gpu.free(states, products, blocks, batch.rows, batch.ancestors);
      top[Symbol.dispose]();
    },
  };
}
