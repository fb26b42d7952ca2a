import type { Command } from "../../gpu/commands.ts";
import type { PartialHead } from "../../model/partial_head.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { Linear } from "../../model/linear.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import { createNames, type RowBatch } from "../../ops/rows.ts";
import { type LossChunk, type LossOptions, LossRows } from "../passes/loss_rows.ts";
import type { TransferForward } from "./transfer_forward.ts";

/** What is compared with what, but for what the head and the layers say. */
export interface PseudoLossOptions
  extends Omit<LossOptions, "steps" | "vocabularySize" | "tokens" | "softCap"> {
  /** Where the logits come from that are compared; the model's own head if left out. */
  head?: PartialHead | null | undefined;
}

/**
 * The loss of a text's pseudo rows, in chunks: pseudo row (n, i) is compared with the model's own distribution
 * at position n + i, over the tokens of the head.
 */
export class PseudoLoss implements Disposable {
  readonly rows: LossRows;
  readonly #head: Linear;
  /** For each chunk of the loss, the pseudo rows that it gathers. */
  readonly gathered: readonly RowBatch[];
  readonly #model: Transformer;
  readonly #forward: TransferForward;

  constructor(
    model: Transformer,
    forward: TransferForward,
    { head, ...options }: PseudoLossOptions,
  ) {
    const { gpu, config: { logitSoftCap: softCap } } = model;
    this.#model = model;
    this.#forward = forward;
    this.#head = head ?? model.head;
    this.rows = new LossRows(gpu, {
      ...options,
      steps: forward.pseudo.steps,
      vocabularySize: this.head.columns,
      tokens: head?.ids,
      softCap,
    });
    this.gathered = this.rows.chunks.map(({ rows }) =>
      createNames(gpu, rows.map(({ origin, step }) => forward.pseudo.index(origin, step)))
    );
  }

  /** The matrix that the logits come from. */
  get head(): WeightMatrix {
    return this.#head.weights;
  }

  /** Logits of the chunk's positions and of the pseudo rows that stand there. */
  logits(chunk: LossChunk): Command[] {
    const { textBatch, baseLogits, logits, rows, positions } = chunk;
    const batch = this.gathered[this.rows.chunks.indexOf(chunk)];
    const text = { ...this.#forward.text.at, batch: textBatch, logits: baseLogits };
    const pseudo = { ...this.#forward.pseudo.at, batch, logits };
    const from = { gather: true, head: this.#head };
    return [
      ...this.#model.logits(positions, text, from),
      ...this.#model.logits(rows.length, pseudo, from),
    ];
  }

  [Symbol.dispose](): void {
    this.rows[Symbol.dispose]();
    for (const { rows, ancestors } of this.gathered) this.#model.gpu.free(rows, ancestors);
  }
}
