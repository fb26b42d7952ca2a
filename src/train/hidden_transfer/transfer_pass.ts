import type { Transformer } from "../../model/transformer.ts";
import type { LossRows } from "../passes/loss_rows.ts";
import { TextRun } from "../passes/text_run.ts";
import type { LossPass } from "../trainee.ts";
import { PseudoLoss, type PseudoLossOptions } from "./pseudo_loss.ts";
import { TransferBackward } from "./transfer_backward.ts";
import { TransferForward, type TransferForwardOptions } from "./transfer_forward.ts";
import type { TransferWeights } from "./transfer_weights.ts";

/** What a pass computes. */
export type TransferPassOptions = TransferForwardOptions & PseudoLossOptions;

/**
 * One text forward and back. Pseudo row (n, i) is compared with the model's own distribution at position
 * n + i, over the tokens of the head.
 */
export class TransferPass implements LossPass {
  readonly forward: TransferForward;
  readonly text: TextRun;
  readonly #loss: PseudoLoss;
  readonly #backward: TransferBackward;

  constructor(model: Transformer, weights: TransferWeights, options: TransferPassOptions) {
    this.forward = new TransferForward(model, weights, options);
    this.#loss = new PseudoLoss(model, this.forward, options);
    const { rows: { chunks }, gathered } = this.#loss;
    this.#backward = new TransferBackward(model, weights, this.forward, this.#loss.head);
    const forward = this.forward.steps();
    const losses = chunks.map((chunk) => [...this.#loss.logits(chunk), this.rows.loss(chunk)]);
    this.text = new TextRun(model.gpu, [this.forward, this.rows], {
      forward: [...forward, ...losses.flat()],
      training: [
        ...forward,
        ...chunks.flatMap(({ logits }, i) => [
          ...losses[i],
          ...this.#backward.head(gathered[i], logits),
        ]),
        ...this.#backward.steps(),
      ],
    });
  }

  get rows(): LossRows {
    return this.#loss.rows;
  }

  [Symbol.dispose](): void {
    this.#loss[Symbol.dispose]();
    this.#backward[Symbol.dispose]();
    this.forward[Symbol.dispose]();
  }
}
