import { MEDUSA } from "../../draft/medusa/medusa.ts";
import type { MedusaHeads } from "../../draft/medusa/medusa_heads.ts";
import { finalInput } from "../../model/stream_norms.ts";
import { project, projectBlocks } from "../../ops/products/matmul.ts";
import { padRows } from "../../ops/rows.ts";
import type { Guesser, Guesses } from "./guessers.ts";
import type { TextStates } from "./text_states.ts";
import { TopTokens } from "./top_tokens.ts";

/** Medusa's heads (Cai et al., 2024) on the last hidden state of each position. */
export function medusaGuesser(text: TextStates, { inner, bias, outputs }: MedusaHeads): Guesser {
  const { model, length, at } = text;
  const { gpu, config: { hiddenSize } } = model;
  const heads = outputs.length;
  const blocks = gpu.storage("blocks", 4 * padRows(length) * heads * hiddenSize);
  const top = new TopTokens(text);
  const pass = projectBlocks(gpu, {
    batch: at.batch,
    rowCount: length,
    weights: inner,
    bias,
    ...finalInput(model.config, at),
    output: blocks,
  });
  return {
    name: MEDUSA.name,
    async guess(tokens) {
      await text.submit(pass);
      const guesses: Guesses = [];
      for (const [i, weights] of outputs.entries()) {
        const rows = tokens.map((_, n) => n * heads + i);
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
      gpu.free(blocks);
      top[Symbol.dispose]();
    },
  };
}
