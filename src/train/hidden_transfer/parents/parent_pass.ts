import type { Command } from "../../../gpu/commands.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { outputStride, project } from "../../../ops/products/matmul.ts";
import { freeWeightMatrix, type WeightMatrix } from "../../../ops/products/weights.ts";
import { padRows } from "../../../ops/rows.ts";
import { addOuterProduct } from "../../../ops/train/optimizer.ts";
import {
  addToLaterSteps,
  gatherParents,
  type ParentPositions,
  scatterParents,
  type SteppedLogits,
  sumLaterSteps,
} from "../../../ops/train/parents.ts";
import { createTransposed, transpose } from "../../../ops/train/transpose.ts";
import type { LossChunk, LossRows } from "../../passes/loss_rows.ts";
import { TextRun } from "../../passes/text_run.ts";
import type { LossPass } from "../../trainee.ts";
import type { ParentWeights } from "./parent_weights.ts";
import { PseudoLoss } from "../pseudo_loss.ts";
import { TransferForward } from "../transfer_forward.ts";
import type { TransferPassOptions } from "../transfer_pass.ts";
import type { PseudoMaps } from "../transfer_weights.ts";

/**
 * One text forward, and back to the factors of parents and children alone. Pseudo row (n, i) stands at
 * position n + i, whose token is the parent of what the row predicts: from the second step on its logits have
 * what tokens are worth after that one added to them. The model and the maps stay as they are.
 */
export class ParentPass implements LossPass {
  readonly text: TextRun;
  readonly #model: Transformer;
  readonly #weights: ParentWeights;
  readonly #forward: TransferForward;
  readonly #loss: PseudoLoss;
  /** [positions of a chunk, rank] f32: the factors of the parents there. */
  readonly #states: GPUBuffer;
  /** [positions of a chunk, rank] f32: the gradient with respect to those. */
  readonly #statesGradient: GPUBuffer;
  /** [positions of a chunk, outputStride(tokens)] f32: what is added to logits, then the gradient of that. */
  readonly #addends: GPUBuffer;
  /** The factors of children, transposed: [rank, tokens]. */
  readonly #transposed: WeightMatrix;

  constructor(
    model: Transformer,
    maps: PseudoMaps,
    weights: ParentWeights,
    options: TransferPassOptions,
  ) {
    const { gpu } = model;
    this.#model = model;
    this.#weights = weights;
    this.#forward = new TransferForward(model, maps, options);
    this.#loss = new PseudoLoss(model, this.#forward, options);
    const { rows: { chunks }, head } = this.#loss;
    const floats = (label: string, perRow: number) =>
      gpu.storage(label, 4 * perRow * padRows(chunks[0].positions));
    this.#states = floats("parents", weights.rank);
    this.#statesGradient = floats("gradient of parents", weights.rank);
    this.#addends = floats("addends of logits", outputStride(head.columns));
    this.#transposed = createTransposed(gpu, weights.ofChildren);
    const forward = this.#forward.steps();
    const compared = chunks.map((chunk) => this.#compare(chunk));
    this.text = new TextRun(gpu, [this.#forward, this.rows], {
      forward: [...forward, ...compared.flat()],
      training: [
        ...transpose(gpu, weights.ofChildren, this.#transposed),
        ...forward,
        ...chunks.flatMap((chunk, i) => [...compared[i], ...this.#back(chunk)]),
      ],
    });
  }

  get rows(): LossRows {
    return this.#loss.rows;
  }

  /** From the rows that left the last layer to the gradients of their logits. */
  #compare(chunk: LossChunk): Command[] {
    const { gpu } = this.#model;
    return [
      ...this.#loss.logits(chunk),
      gatherParents(gpu, {
        ...this.#positions(chunk),
        factors: this.#weights.ofParents,
        states: this.#states,
      }),
      // states [positions, rank] · factors of childrenᵀ → addends [positions, tokens]
      ...project(gpu, {
        batch: chunk.textBatch,
        rowCount: chunk.positions,
        weights: this.#weights.ofChildren,
        input: this.#states,
        output: this.#addends,
      }),
      addToLaterSteps(gpu, this.#stepped(chunk)),
      this.rows.loss(chunk),
    ];
  }

  /** From the logits' gradients to those of the factors. */
  #back(chunk: LossChunk): Command[] {
    const { gpu } = this.#model;
    const { textBatch, positions } = chunk;
    const { rank, parameters: { gradients: [ofParents, ofChildren] } } = this.#weights;
    return [
      sumLaterSteps(gpu, this.#stepped(chunk)),
      addOuterProduct(gpu, {
        left: { buffer: this.#addends, size: outputStride(this.#loss.head.columns), firstRow: 0 },
        right: { buffer: this.#states, size: rank, firstRow: 0 },
        count: positions,
        sums: ofChildren,
      }),
      // addends' gradient [positions, tokens] · factors of children → states' gradient [positions, rank]
      ...project(gpu, {
        batch: textBatch,
        rowCount: positions,
        weights: this.#transposed,
        input: this.#addends,
        output: this.#statesGradient,
      }),
      scatterParents(gpu, {
        ...this.#positions(chunk),
        values: this.#statesGradient,
        sums: ofParents,
      }),
    ];
  }

  #positions({ firstPosition: first, positions: count }: LossChunk): ParentPositions {
    const { tokens, rank } = this.#weights;
    return { nextTokens: this.rows.nextTokens, first, count, tokens, rank };
  }

  #stepped({ logits, positions, rows: logitRows }: LossChunk): SteppedLogits {
    const stride = outputStride(this.#loss.head.columns);
    const steps = logitRows.length / positions;
    return { logits, common: this.#addends, steps, positions, stride };
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    this.#loss[Symbol.dispose]();
    this.#forward[Symbol.dispose]();
    freeWeightMatrix(gpu, this.#transposed);
    gpu.free(this.#states, this.#statesGradient, this.#addends);
  }
}
