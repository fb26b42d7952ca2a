import type { Dispatch } from "../../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import {
  accept,
  createTreeBuffers,
  type FollowerSource,
  freeTreeBuffers,
  type TreeBuffers,
} from "../../ops/accept.ts";
import {
  type ChoiceBuffers,
  chooseCandidates,
  createChoiceBuffers,
  freeChoiceBuffers,
  packSettings,
  packState,
} from "../../ops/choose.ts";
import { createTopBuffers, findTop, growTree, type TopBuffers } from "../../ops/draft.ts";
import { textRow, writeRows } from "../../ops/rows.ts";
import { duration, table } from "../report/table.ts";
import { PassTimer, type Timed, timeInterleaved } from "../timing/timing.ts";

const ROW_COUNTS = [1, 4, 16, 64];
const MOST_ROWS = 64;
const FIRST_POSITION = 128;
/** Drafts below one another, and candidates for each. */
const DEPTH = 4;
const RANKS = 8;

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

/** The dispatches of steps that verify a tree, with buffers of their own. */
class TreeSteps implements Disposable {
  readonly #model: Transformer;
  readonly #at: Activations;
  readonly #cache: Cache;
  readonly #choice: ChoiceBuffers;
  readonly #tree: TreeBuffers;
  readonly #top: TopBuffers;

  constructor(model: Transformer) {
    const { gpu, config: { vocabSize: vocabularySize } } = model;
    this.#model = model;
    this.#at = createActivations(model, {
      capacity: MOST_ROWS,
      logitRows: MOST_ROWS,
      ancestorRoom: DEPTH,
    });
    this.#cache = createCache(model, model.contextLength + MOST_ROWS, "f16");
    this.#choice = createChoiceBuffers(gpu, {
      rowCapacity: MOST_ROWS,
      vocabularySize,
      recordCount: 8,
    });
    this.#tree = createTreeBuffers(gpu, {
      batch: this.#at.batch,
      nodes: MOST_ROWS,
      followers: DEPTH,
      firstSlot: model.contextLength,
    });
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
    const [at, tree, choice, top] = [this.#at, this.#tree, this.#choice, this.#top];
    const layer = this.#model.runLayers(rowCount, at, this.#cache, 0, 1);
    const choosing = { batch: at.batch, rowCount, logits: at.logits, buffers: choice };
    const source: FollowerSource = { count: DEPTH, first: 0, stride: 1, carriers: MOST_ROWS };
    const { state } = choice;
    const timed = (label: string, dispatches: readonly Dispatch[]) => ({
      label,
      dispatches,
      before: () => this.#reset(rowCount),
    });
    return [
      timed("embed", this.#model.embed(rowCount, at)),
      ...this.#kindsOf(layer).map(([label, dispatch]) => timed(label, [dispatch])),
      timed("head", this.#model.logits(rowCount, at)),
      timed("choose", [chooseCandidates(gpu, { ...choosing, greedy: true })]),
      timed("top", [findTop(gpu, tree.followers, at.logits, top)]),
      // One undoes what the other does, so that the pair can be repeated.
      timed("accept and grow", [
        accept(gpu, tree, choice, source),
        growTree(gpu, { tree, nodes: rowCount, top, state }),
      ]),
    ];
  }

  /** The layer's dispatches with what they are. */
  #kindsOf(layer: readonly Dispatch[]): [string, Dispatch][] {
    const names = ["queries, keys, values", "attention", "attention output", "gate and up", "down"];
    if (layer.length !== names.length) {
      throw new Error(`a layer of ${layer.length} dispatches: ${layer.map(({ label }) => label)}`);
    }
    return layer.map((dispatch, i) => [names[i], dispatch]);
  }

  #reset(rowCount: number): void {
    const { gpu, config } = this.#model;
    const greedy = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 0 };
    gpu.write(this.#choice.settings, 0, packSettings(greedy));
    gpu.write(this.#choice.state, 0, packState(2 ** 31, []));
    const row = (_: unknown, i: number) => textRow((5 + i) % config.vocabSize, FIRST_POSITION + i);
    writeRows(gpu, this.#at.batch, Array.from({ length: rowCount }, row));
    const follower = (_: unknown, i: number) => textRow(0, FIRST_POSITION + i);
    writeRows(gpu, this.#tree.followers, Array.from({ length: DEPTH }, follower));
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.#at);
    freeCache(gpu, this.#cache);
    freeChoiceBuffers(gpu, this.#choice);
    freeTreeBuffers(gpu, this.#tree);
    gpu.free(this.#top.candidates, this.#top.masses);
  }
}
