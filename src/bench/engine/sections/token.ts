import type { Dispatch } from "../../../gpu/kernel.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { accept } from "../../../ops/tree/accept.ts";
import { chooseCandidates } from "../../../ops/choose.ts";
import { trimTree } from "../../../ops/tree/trim.ts";
import { isOf } from "../../../ops/families.ts";
import { outputStride, project } from "../../../ops/products/matmul.ts";
import { createRowBatch, textRow, writeRows } from "../../../ops/rows.ts";
import type { WeightMatrix } from "../../../ops/products/weights.ts";
import { duration, mebibytes } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { median } from "../../timing/statistics.ts";
import { PassTimer } from "../../timing/pass_timer.ts";
import { type Timed, timeRounds } from "../../timing/rounds.ts";
import { StepBuffers } from "../step_buffers.ts";
import { byteLengthOf } from "../weights.ts";

/** Position of a round's first token, and the tokens of a round: a context of 128 on average. */
const FIRST_POSITION = 112;
const TOKENS = 32;

/**
 * One decoded token, the whole step as the decoder records it, against its matrix products alone;
 * then what its kinds of dispatches take. All are timed in turns.
 */
export async function reportToken(model: Transformer): Promise<string> {
  using step = new PlainStep(model);
  using products = new Products(model);
  const things = [
    { ...step.whole, label: "the whole step" },
    { label: "its matrix products alone", dispatches: products.inOrder, repeats: TOKENS },
    ...step.parts,
    step.empty,
    ...products.single,
  ];
  await step.fillCache();
  const rounds = await timeRounds(model.gpu, things, { rounds: 21, roundSeconds: 0.02 });
  const seconds = rounds.map(median);
  const [whole, alone] = seconds;
  const ratio = median(rounds[0].map((one, round) => one / rounds[1][round]));
  const parts = seconds.slice(2, 2 + step.parts.length);
  const empty = seconds[2 + step.parts.length];
  const single = seconds.slice(3 + step.parts.length)
    .reduce((sum, one, i) => sum + one * products.counts[i], 0);
  const perToken = (one: number) => [duration(one), `${(1 / one).toFixed(0)} tokens/s`];
  return table([
    [things[0].label, ...perToken(whole)],
    [things[1].label, ...perToken(alone), `${mebibytes(products.byteLength)} of weights`],
    ["ratio", ratio.toFixed(3), "goal: at most 1.25", "median of the rounds' ratios"],
  ]) +
    "  The products are recorded in the model's order, so that their weights come from where they\n" +
    "  come from in a real token. Each repeated alone, its weights in the nearest cache, they add\n" +
    `  up to ${duration(single)}.\n\n` +
    `  The same step taken apart, each kind recorded alone; ${
      duration(empty)
    } of each dispatch is\n` +
    "  what one costs that does nothing.\n" +
    table(step.parts.map(({ label, dispatches }, i) => [
      label,
      `${dispatches.length} dispatches`,
      duration(parts[i]),
      `${(100 * parts[i] / whole).toFixed(1)} % of the step`,
    ]));
}

/** Plain decoding's step, whole and taken apart, with buffers of its own. */
class PlainStep implements Disposable {
  readonly whole: Timed;
  readonly parts: Timed[];
  readonly empty: Timed;
  readonly #model: Transformer;
  readonly #buffers: StepBuffers;

  constructor(model: Transformer) {
    const { gpu } = model;
    this.#model = model;
    this.#buffers = new StepBuffers(model, { rows: 1, depth: 0 });
    const { at, cache, choice, tree } = this.#buffers;
    const choosing = { batch: at.batch, rowCount: 1, logits: at.logits, buffers: choice };
    const embed = model.embed(1, at);
    const layers = model.runLayers(1, at, cache);
    const logits = model.logits(1, at);
    const choose = [chooseCandidates(gpu, { ...choosing, greedy: true })];
    const accepts = [accept(gpu, tree, choice)];
    const isAttention = (one: Dispatch) => isOf(one, "attention");
    const timed = (label: string, dispatches: Dispatch[]) => ({
      label,
      dispatches,
      repeats: TOKENS,
      before: () => this.#buffers.reset(1, FIRST_POSITION),
    });
    this.whole = timed("step", [...embed, ...layers, ...logits, ...choose, ...accepts]);
    this.parts = [
      timed("products with what is fused to them", [
        ...layers.filter((dispatch) => !isAttention(dispatch)),
        ...logits,
      ]),
      timed("attention", layers.filter(isAttention)),
      timed("embed", embed),
      timed("choose", choose),
      timed("accept", accepts),
    ];
    this.empty = { label: "a tree of one node, cut to one", dispatches: [trimTree(gpu, tree, 1)] };
  }

  /** Generates the text before the measured tokens, so that the cache holds real keys and values. */
  async fillCache(): Promise<void> {
    using timer = new PassTimer(this.#model.gpu);
    this.#buffers.reset(1, 0);
    await timer.run(this.whole.dispatches, FIRST_POSITION);
  }

  [Symbol.dispose](): void {
    this.#buffers[Symbol.dispose]();
  }
}

/** The model's matrix products with one row, with nothing fused to them. */
class Products implements Disposable {
  readonly inOrder: Dispatch[];
  /** One product of each shape, and how many the model has of it. */
  readonly single: Timed[];
  readonly counts: number[];
  readonly byteLength: number;
  readonly #model: Transformer;
  readonly #buffers: GPUBuffer[];

  constructor(model: Transformer) {
    this.#model = model;
    const { gpu } = model;
    const matrices = model.matrices();
    const widest = Math.max(...matrices.map((matrix) => matrix.inner));
    const most = Math.max(...matrices.map((matrix) => outputStride(matrix.columns)));
    const batch = createRowBatch(gpu, 1, 1);
    writeRows(gpu, batch, [textRow(0, 0)]);
    const input = gpu.upload("product input", new Float32Array(16 * widest).fill(0.5));
    const output = gpu.storage("product output", 4 * 16 * most);
    this.#buffers = [batch.rows, batch.ancestors, input, output];
    const product = (weights: WeightMatrix) =>
      project(gpu, { batch, rowCount: 1, weights, input, output });
    this.inOrder = matrices.flatMap(product);
    this.byteLength = byteLengthOf(matrices);
    const shapeOf = ({ columns, inner, format }: WeightMatrix) => `${columns}×${inner} ${format}`;
    const shapes = Map.groupBy(matrices, shapeOf);
    this.single = [...shapes].map(([label, [first]]) => ({ label, dispatches: product(first) }));
    this.counts = [...shapes.values()].map((same) => same.length);
  }

  [Symbol.dispose](): void {
    this.#model.gpu.free(...this.#buffers);
  }
}
