import { PacedQueue } from "../../gpu/paced_queue.ts";
import { profileOf } from "../../ops/profiles.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { PartialHead } from "../../model/partial_head.ts";
import type { WeightMatrix } from "../../ops/products/weights.ts";
import type { RowBatch } from "../../ops/rows.ts";
import type { Loss } from "../../ops/train/loss.ts";
import { gatherBatch, type LossChunk, LossRows } from "../passes/loss_rows.ts";
import type { Command } from "../../gpu/commands.ts";
import type { LossPass, PassOptions } from "../trainee.ts";
import { TransferBackward } from "./transfer_backward.ts";
import { TransferForward, type TransferForwardOptions } from "./transfer_forward.ts";
import type { TransferWeights } from "./transfer_weights.ts";

/** What a pass computes. */
export interface TransferPassOptions extends TransferForwardOptions {
  loss: Loss;
  /** Where the logits come from that are compared; the model's own head if left out. */
  head?: PartialHead | null;
  /** Texts whose gradients are added up for one step of the optimizer. */
  batch: number;
  /** Bytes of logits that may exist at the same time; for tests. */
  logitBytes?: number;
}

/**
 * One text forward and back. Pseudo row (n, i) is compared with the model's own distribution at position
 * n + i, over the tokens of the head.
 */
export class TransferPass implements LossPass {
  readonly rows: LossRows;
  readonly forward: TransferForward;
  readonly trainingSteps: readonly Command[];
  readonly #model: Transformer;
  readonly #queue: PacedQueue;
  readonly #head: WeightMatrix;
  readonly #backward: TransferBackward;
  /** For each chunk of the loss, the pseudo rows that it gathers. */
  readonly #gathered: readonly RowBatch[];
  readonly #forwardSteps: readonly Command[];

  constructor(model: Transformer, weights: TransferWeights, options: TransferPassOptions) {
    const { gpu, config: { logitSoftCap: softCap } } = model;
    const { head } = options;
    this.#model = model;
    this.#queue = new PacedQueue(gpu, profileOf(gpu));
    this.#head = head?.weights ?? model.weights.head;
    this.forward = new TransferForward(model, weights, options);
    this.#backward = new TransferBackward(model, weights, this.forward, this.#head);
    const steps = options.layers.length;
    this.rows = new LossRows(gpu, {
      ...options,
      steps,
      vocabularySize: this.#head.columns,
      tokens: head?.ids,
      softCap,
    });
    const { chunks } = this.rows;
    const { pseudo } = this.forward;
    this.#gathered = chunks.map(({ rows }) =>
      gatherBatch(gpu, rows.map(({ origin, step }) => pseudo.index(origin, step)))
    );
    const forward = this.forward.steps();
    const losses = chunks.map((chunk, i) => this.#loss(chunk, this.#gathered[i]));
    this.#forwardSteps = [...forward, ...losses.flat()];
    this.trainingSteps = [
      ...forward,
      ...chunks.flatMap(({ logits }, i) => [
        ...losses[i],
        ...this.#backward.head(this.#gathered[i], logits),
      ]),
      ...this.#backward.steps(),
    ];
  }

  /** See {@linkcode LossPass.run}; a text has `sequenceLength` tokens. */
  async run(
    tokens: ArrayLike<number>,
    { withGradients, signal }: PassOptions,
  ): Promise<void> {
    this.forward.write(tokens);
    this.rows.write(tokens);
    const steps = withGradients ? this.trainingSteps : this.#forwardSteps;
    this.#queue.begin();
    await this.#queue.submit(steps, { signal });
    signal?.throwIfAborted();
  }

  /** Logits of some positions and of the pseudo rows that stand there; the latter become gradients. */
  #loss(chunk: LossChunk, gathered: RowBatch): Command[] {
    const { textBatch, baseLogits, logits, rows, positions } = chunk;
    const text = { ...this.forward.text.at, batch: textBatch, logits: baseLogits };
    const pseudo = { ...this.forward.pseudo.at, batch: gathered, logits };
    return [
      ...this.#model.logits(positions, text, { gather: true, head: this.#head }),
      ...this.#model.logits(rows.length, pseudo, { gather: true, head: this.#head }),
      this.rows.loss(chunk),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    this.rows[Symbol.dispose]();
    this.#backward[Symbol.dispose]();
    this.forward[Symbol.dispose]();
    for (const { rows, ancestors } of this.#gathered) gpu.free(rows, ancestors);
  }
}
