import type { Dispatch } from "../../../gpu/kernel.ts";
import { type LayerSkips, NO_SKIPS } from "../../../model/layer_skips.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { accept, type FollowerSource } from "../../../ops/tree/accept.ts";
import { chooseCandidates } from "../../../ops/choose.ts";
import { growTree } from "../../../ops/tree/grow.ts";
import { createTopBuffers, findTop, type TopBuffers } from "../../../ops/tree/top.ts";
import { isOf } from "../../../ops/families.ts";
import { textRow, writeRows } from "../../../ops/rows.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { PassTimer } from "../../timing/pass_timer.ts";
import { type Timed, timeInterleaved } from "../../timing/rounds.ts";
import { StepBuffers } from "../step_buffers.ts";

const ROW_COUNTS = [1, 4, 16, 64];
const MOST_ROWS = 64;
const FIRST_POSITION = 128;
/** Drafts below one another, and candidates for each. */
const DEPTH = 4;
const RANKS = 8;
/** The parts of the first layer alone. */
const ONLY_ATTENTION: LayerSkips = { ...NO_SKIPS, mlp: new Set([0]) };
const ONLY_MLP: LayerSkips = { ...NO_SKIPS, attention: new Set([0]) };

/**
 * What each kind of dispatch takes by the number of rows: on a device whose rows cost nothing a row of
 * the table is all the same number, and close to what an empty dispatch takes.
 */
export async function reportKinds(model: Transformer): Promise<string> {
  using steps = new TreeSteps(model);
  await steps.run();
  const columns: string[][] = [];
  let labels: string[] = [];
  for (const rowCount of ROW_COUNTS) {
    const kinds = steps.kinds(rowCount);
    labels = kinds.map(({ label }) => label);
    const seconds = await timeInterleaved(model.gpu, kinds, { rounds: 5, roundSeconds: 0.03 });
    columns.push(seconds.map(duration));
  }
  return table([
    ["rows", ...ROW_COUNTS.map(String)],
    ...labels.map((label, i) => [label, ...columns.map((column) => column[i])]),
  ]) +
    `  Each repeated alone, about ${FIRST_POSITION} positions before it. Trees have ${DEPTH} depths of ` +
    `${RANKS} candidates;\n  one row is a root without drafts.\n`;
}

/**
 * The first layer's dispatches by what they are: those of a matrix in slices, and of a norm that no
 * product is fused with, together.
 *
 * @param gateSlices slices of the matrix of gates and their values.
 */
export function layerKinds(
  firstLayer: (skips: LayerSkips) => readonly Dispatch[],
  gateSlices: number,
): [string, readonly Dispatch[]][] {
  const attention = firstLayer(ONLY_ATTENTION);
  const mlp = firstLayer(ONLY_MLP);
  const attends = attention.findIndex((one) => isOf(one, "attention"));
  return [
    ["queries, keys, values", attention.slice(0, attends)],
    ["attention", attention.slice(attends, attends + 1)],
    ["attention output", attention.slice(attends + 1)],
    ["gate and up", mlp.slice(0, gateSlices)],
    ["down", mlp.slice(gateSlices)],
  ];
}

/** The dispatches of steps that verify a tree, with buffers of their own. */
class TreeSteps implements Disposable {
  readonly #model: Transformer;
  readonly #buffers: StepBuffers;
  readonly #top: TopBuffers;

  constructor(model: Transformer) {
    const { gpu, config: { vocabSize: vocabularySize } } = model;
    this.#model = model;
    this.#buffers = new StepBuffers(model, { rows: MOST_ROWS, depth: DEPTH });
    this.#top = createTopBuffers(gpu, { rows: DEPTH, ranks: RANKS, vocabularySize });
  }

  /** Runs every kind once, so that all that is read later has been written. */
  async run(): Promise<void> {
    using timer = new PassTimer(this.#model.gpu);
    for (const { before, dispatches } of this.kinds(MOST_ROWS)) {
      before?.();
      await timer.run(dispatches, 1);
    }
  }

  kinds(rowCount: number): Timed[] {
    const { gpu } = this.#model;
    const { at, cache, choice, tree } = this.#buffers;
    const top = this.#top;
    const choosing = { batch: at.batch, rowCount, logits: at.logits, buffers: choice };
    const source: FollowerSource = { count: DEPTH, first: 0, stride: 1, nodes: MOST_ROWS };
    const [{ mlpInputs }] = this.#model.weights.layers;
    const firstLayer = (skips: LayerSkips) =>
      this.#model.runLayers(rowCount, at, cache, { to: 1, skips });
    const timed = (label: string, dispatches: readonly Dispatch[]) => ({
      label,
      dispatches,
      before: () => this.#reset(rowCount),
    });
    return [
      timed("embed", this.#model.embed(rowCount, at)),
      ...layerKinds(firstLayer, mlpInputs.weights.slices.length).map(([label, dispatches]) =>
        timed(label, dispatches)
      ),
      timed("head", this.#model.logits(rowCount, at)),
      timed("choose", [chooseCandidates(gpu, { ...choosing, greedy: true })]),
      timed("top", [findTop(gpu, tree.followers, at.logits, top)]),
      // One undoes what the other does, so that the pair can be repeated.
      timed("accept and grow", [
        accept(gpu, tree, choice, source),
        growTree(gpu, { tree, nodes: rowCount, top }),
      ]),
    ];
  }

  #reset(rowCount: number): void {
    this.#buffers.reset(rowCount, FIRST_POSITION);
    const follower = (_: unknown, i: number) => textRow(0, FIRST_POSITION + i);
    const { followers } = this.#buffers.tree;
    writeRows(this.#model.gpu, followers, Array.from({ length: DEPTH }, follower));
  }

  [Symbol.dispose](): void {
    this.#buffers[Symbol.dispose]();
    this.#model.gpu.free(this.#top.candidates, this.#top.masses);
  }
}
