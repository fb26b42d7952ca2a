import type { Dispatch } from "../../gpu/kernel.ts";
import type { Activations } from "../../model/activations.ts";
import type { Transformer } from "../../model/transformer.ts";
import { createTopBuffers, findTop, type TopBuffers } from "../../ops/tree/top.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { createRowBatch, padRows, type RowBatch, writeNames } from "../../ops/rows.ts";
import { readCandidates } from "../tuning/draft_ranks.ts";
import type { TextStates } from "./text_states.ts";

/** Rows whose logits exist at the same time, and candidates of each. */
const CHUNK = 32;
const RANKS = 10;

/** Makes the logits of the rows that the tokens of a batch's rows name. */
export type Head = (rows: { batch: RowBatch; rowCount: number; logits: GPUBuffer }) => Dispatch[];

/** The model's own head, for rows that are ready for the final norm. */
export function ownHead(model: Transformer, at: Activations): Head {
  return ({ rowCount, ...rows }) => model.logits(rowCount, { ...at, ...rows }, { gather: true });
}

/** Finds the most probable tokens of rows, some rows at a time. */
export class TopTokens implements Disposable {
  readonly #text: TextStates;
  readonly #batch: RowBatch;
  readonly #logits: GPUBuffer;
  readonly #top: TopBuffers;

  constructor(text: TextStates) {
    const { gpu, config: { vocabSize: vocabularySize } } = text.model;
    this.#text = text;
    this.#batch = createRowBatch(gpu, CHUNK, 1);
    this.#logits = gpu.storage(
      "logits of a chunk",
      4 * outputStride(vocabularySize) * padRows(CHUNK),
    );
    this.#top = createTopBuffers(gpu, { rows: CHUNK, ranks: RANKS, vocabularySize });
  }

  /**
   * The candidates of the named rows, the most probable first.
   * @throws the reason of the text's signal if that is aborted.
   */
  async of(head: Head, rows: readonly number[]): Promise<number[][]> {
    const { gpu } = this.#text.model;
    const found: number[][] = [];
    for (let first = 0; first < rows.length; first += CHUNK) {
      const named = rows.slice(first, first + CHUNK);
      writeNames(gpu, this.#batch, named);
      await this.#text.submit([
        ...head({ batch: this.#batch, rowCount: CHUNK, logits: this.#logits }),
        findTop(gpu, this.#batch, this.#logits, this.#top),
      ]);
      found.push(...(await readCandidates(this.#text.model, this.#top)).slice(0, named.length));
    }
    return found;
  }

  [Symbol.dispose](): void {
    const { rows, ancestors } = this.#batch;
    const { candidates, masses } = this.#top;
    this.#text.model.gpu.free(rows, ancestors, this.#logits, candidates, masses);
  }
}
