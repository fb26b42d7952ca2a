import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import type { Transformer } from "../../model/transformer.ts";
import { createTreeBuffers, freeTreeBuffers, type TreeBuffers } from "../../ops/tree/accept.ts";
import {
  type ChoiceBuffers,
  createChoiceBuffers,
  freeChoiceBuffers,
  GREEDY,
  writeText,
} from "../../ops/choose.ts";
import { packState } from "../../ops/loop_state.ts";
import { textRow, writeRows } from "../../ops/rows.ts";

/** What the dispatches of a decoding step work on, with rows that can be put back where they were. */
export class StepBuffers implements Disposable {
  readonly at: Activations;
  readonly cache: Cache;
  readonly choice: ChoiceBuffers;
  readonly tree: TreeBuffers;
  readonly #model: Transformer;

  /** For steps of up to `rows` nodes, at most `depth` below the root, and as many followers. */
  constructor(model: Transformer, { rows, depth }: { rows: number; depth: number }) {
    const { gpu, config: { vocabSize: vocabularySize }, contextLength } = model;
    this.#model = model;
    this.at = createActivations(model, {
      capacity: rows,
      logitRows: rows,
      ancestorRoom: Math.max(1, depth),
    });
    this.cache = createCache(model, contextLength + rows, "f16");
    this.choice = createChoiceBuffers(gpu, { rowCapacity: rows, vocabularySize, recordCount: 8 });
    this.tree = createTreeBuffers(gpu, {
      batch: this.at.batch,
      nodes: rows,
      followers: depth,
      firstSlot: contextLength,
    });
  }

  /** Queues `rowCount` rows of a greedy text that is far from its end, from a position on. */
  reset(rowCount: number, position: number): void {
    const { gpu, config: { vocabSize } } = this.#model;
    writeText(gpu, this.choice, { sampling: GREEDY, ids: [] });
    gpu.write(this.choice.state, 0, packState(2 ** 31, []));
    const row = (_: unknown, i: number) => textRow((1 + i) % vocabSize, position + i);
    writeRows(gpu, this.at.batch, Array.from({ length: rowCount }, row));
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    freeActivations(gpu, this.at);
    freeCache(gpu, this.cache);
    freeChoiceBuffers(gpu, this.choice);
    freeTreeBuffers(gpu, this.tree);
  }
}
