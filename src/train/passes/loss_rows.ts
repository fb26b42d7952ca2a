import type { Gpu } from "../../gpu/gpu.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import { outputStride } from "../../ops/products/matmul.ts";
import { createNames, padRows, type RowBatch } from "../../ops/rows.ts";
import { distillationLoss, type Loss, NO_LOGIT, RESULT } from "../../ops/train/loss.ts";
import { firstOrigin, type OriginOptions } from "./origins.ts";

/** Bytes of logits that exist at the same time, unless those of a few positions have more. */
const LOGIT_BYTES = 2 ** 25;
const LEAST_POSITIONS = 16;

/** What is compared with what; `every` divides the steps, so that each position is predicted as often. */
export interface LossOptions extends OriginOptions {
  /** k: predictions that each origin of a text gives, one for each of the k positions after it. */
  steps: number;
  loss: Loss;
  /** Texts whose gradients are added up for one step of the optimizer. */
  batch: number;
  /** Tokens that have logits. */
  vocabularySize: number;
  /** Their ids in ascending order if they are not all of the model's. */
  tokens?: Uint32Array | undefined;
  /** Bound of the predictions' logits, if they have one. */
  softCap?: number | null;
  /** Bytes of logits that may exist at the same time; for tests. */
  logitBytes?: number;
}

/** The prediction of step i of the origin, a position, for the position `origin` + i. */
export interface LossRow {
  origin: number;
  /** i = 1 … k */
  step: number;
  /**
   * False for rows that are computed and count for nothing: those beyond the end of the text, and those of
   * its first position, whose state is often a hundred times as long as all others and would outweigh them.
   */
  hasLoss: boolean;
}

/** Neighbouring positions of the text and the rows that predict them: one of each, then the next of each. */
export interface LossChunk {
  /** First of the rows among all rows of the loss. */
  first: number;
  firstPosition: number;
  positions: number;
  rows: readonly LossRow[];
  /** Its tokens name the positions. */
  textBatch: RowBatch;
  /** [positions, outputStride(vocabulary)] f32; shared by all chunks, as are the others. */
  baseLogits: GPUBuffer;
  /** [rows, outputStride(vocabulary)] f32. */
  logits: GPUBuffer;
}

/**
 * The rows of a text's loss. Each origin gives k of them; they are computed in chunks, by the
 * position that they predict, since logits of all would fill the memory. Over all chunks each row,
 * one of (step, origin), comes once.
 */
export class LossRows implements Disposable {
  readonly chunks: readonly LossChunk[];
  /** Step 1 … k of each row, or 0 if the row has no loss. */
  readonly rowSteps: Uint8Array;
  /** [rows] `RESULT`: what the loss kernel said of each row. */
  readonly results: GPUBuffer;
  /** [T] u32: which logit is that of the token after each position; `NO_LOGIT` if it has none. */
  readonly nextTokens: GPUBuffer;
  readonly #gpu: Gpu;
  readonly #options: LossOptions;
  /** Logit of each token that has one; of all of them their ids if undefined. */
  readonly #places: ReadonlyMap<number, number> | undefined;
  readonly #rowWeights: GPUBuffer;

  constructor(gpu: Gpu, options: LossOptions) {
    const { sequenceLength: length, batch } = options;
    this.#gpu = gpu;
    this.#options = options;
    this.#places = options.tokens &&
      new Map(Array.from(options.tokens, (id, place) => [id, place]));
    this.chunks = createChunks(gpu, options);
    const rows = this.chunks.flatMap((chunk) => chunk.rows);
    this.rowSteps = Uint8Array.from(rows, ({ step, hasLoss }) => hasLoss ? step : 0);
    // The mean over all rows with a loss of a batch of texts.
    const count = rows.filter(({ hasLoss }) => hasLoss).length * batch;
    const weights = Float32Array.from(rows, ({ hasLoss }) => hasLoss ? 1 / count : 0);
    this.#rowWeights = gpu.upload("row weights", weights);
    this.nextTokens = gpu.storage("next tokens", 4 * length);
    this.results = gpu.storage("results", RESULT.byteLength() * rows.length);
  }

  /** Says which text is meant. */
  write(tokens: ArrayLike<number>): void {
    const next = Uint32Array.from(tokens, (_, n) => this.#placeOf(tokens[n + 1] ?? 0));
    this.#gpu.write(this.nextTokens, 0, next);
  }

  #placeOf(token: number): number {
    return this.#places ? this.#places.get(token) ?? NO_LOGIT : token;
  }

  /** The chunk's logits become their gradients; results say what the loss was. */
  loss(chunk: LossChunk): Dispatch {
    return distillationLoss(this.#gpu, {
      loss: this.#options.loss,
      softCap: this.#options.softCap,
      rowCount: chunk.rows.length,
      baseRows: chunk.positions,
      vocabularySize: this.#options.vocabularySize,
      logits: chunk.logits,
      base: chunk.baseLogits,
      nextTokens: this.nextTokens,
      weights: this.#rowWeights,
      results: this.results,
      first: chunk.first,
      firstBase: chunk.firstPosition,
    });
  }

  [Symbol.dispose](): void {
    const gpu = this.#gpu;
    for (const { textBatch } of this.chunks) gpu.free(textBatch.rows, textBatch.ancestors);
    gpu.free(this.chunks[0].baseLogits, this.chunks[0].logits);
    gpu.free(this.nextTokens, this.#rowWeights, this.results);
  }
}

function createChunks(gpu: Gpu, options: LossOptions): LossChunk[] {
  const { steps, every = 1, sequenceLength: length, vocabularySize } = options;
  const perPosition = steps / every;
  const rowBytes = 4 * outputStride(vocabularySize);
  const fitting = Math.floor((options.logitBytes ?? LOGIT_BYTES) / (rowBytes * perPosition));
  const chunkLength = Math.min(Math.max(fitting, LEAST_POSITIONS), length);
  const baseLogits = gpu.storage("base logits", rowBytes * padRows(chunkLength));
  const logits = gpu.storage("logits", rowBytes * padRows(perPosition * chunkLength));
  const chunks: LossChunk[] = [];
  for (let first = 0; first < length; first += chunkLength) {
    const positions = Math.min(chunkLength, length - first);
    const numbers = Array.from({ length: positions }, (_, j) => first + j);
    chunks.push({
      first: perPosition * first,
      firstPosition: first,
      positions,
      rows: rowsFor(numbers, options),
      textBatch: createNames(gpu, numbers),
      baseLogits,
      logits,
    });
  }
  return chunks;
}

/** Positions without an origin take the rows beyond the end, so that each row comes once. */
function rowsFor(
  positions: readonly number[],
  { steps, every = 1, sequenceLength: length, loss }: LossOptions,
): LossRow[] {
  const first = firstOrigin(every);
  return Array.from({ length: steps / every }, (_, round) => round * every).flatMap((before) =>
    positions.map((position) => {
      // The least step from an origin to here, and `before` more.
      const step = before + 1 + (position - first - 1 + length) % every;
      const origin = (position - step + length) % length;
      const hasTarget = loss === "kl" || position + 1 < length;
      return { origin, step, hasLoss: position > step && hasTarget };
    })
  );
}
