import type { Dispatch } from "../../gpu/kernel.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import type { LayerSkips } from "../../model/layer_skips.ts";
import {
  candidateChunks,
  type ChoiceBuffers,
  choose,
  type Choosing,
  seenWords,
} from "../../ops/choose.ts";
import { beginChain, chainSlots, extendChain, writeChain } from "../../ops/drafting/chain.ts";
import { NO_FOLLOWERS } from "../../ops/tree/accept.ts";
import { createTopBuffers, findTop, type TopBuffers } from "../../ops/tree/top.ts";
import type { DraftContext, Drafter } from "../drafter.ts";

/** How far ahead a model with parts left out drafts. */
export interface ChainLimits {
  /** Most drafts per step, 1 … 8. */
  drafts: number;
  /** A draft that is less probable than this is the step's last; 0 always drafts as many as it may. */
  confidence: number;
}

/** Limits where nothing has been measured. */
export const UNTUNED_LIMITS: Readonly<ChainLimits> = { drafts: 4, confidence: 0.5 };

/**
 * Drafts a chain with the model itself, parts of its layers left out, one token per pass. The passes
 * read the keys and values that the whole model made for the text; their own stand in the slots of the
 * tree, where verification writes those of the whole model over them.
 */
export class LayerSkipping implements Drafter {
  readonly method: string;
  readonly source = NO_FOLLOWERS;
  readonly #context: DraftContext;
  readonly #skips: LayerSkips;
  readonly #limits: ChainLimits;
  /** Of the one row of a drafting pass. */
  readonly #draft: Activations;
  /** The loop's own but for what belongs to that row. */
  readonly #choice: ChoiceBuffers;
  readonly #top: TopBuffers;

  constructor(method: string, context: DraftContext, skips: LayerSkips, limits: ChainLimits) {
    const { model, tree, choice } = context;
    const { gpu } = model;
    const { vocabularySize } = choice;
    this.method = method;
    this.#context = context;
    this.#skips = skips;
    this.#limits = limits;
    const { drafts } = limits;
    this.#draft = createActivations(model, { capacity: 1, logitRows: 1, ancestorRoom: drafts });
    this.#choice = {
      ...choice,
      seen: gpu.storage("tokens seen in drafting", 4 * seenWords(vocabularySize)),
      thresholds: gpu.storage("draft threshold", 4),
      candidates: gpu.storage("choices of a draft", 8 * candidateChunks(vocabularySize)),
    };
    this.#top = createTopBuffers(gpu, { rows: 1, ranks: 1, vocabularySize });
    gpu.write(this.#draft.batch.ancestors, 0, chainSlots(tree, drafts));
    writeChain(gpu, tree, 1 + drafts);
  }

  begin(): void {
    this.#context.model.gpu.write(this.#choice.thresholds, 0, new Float32Array([-Infinity]));
  }

  forward(nodes = 1 + this.#limits.drafts): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(nodes, activations, cache);
  }

  draft(choosing: Choosing, nodes = 1 + this.#limits.drafts): Dispatch[] {
    const { model: { gpu }, tree, choice } = this.#context;
    const { confidence } = this.#limits;
    const drafts = nodes - 1;
    const { batch, logits } = this.#draft;
    const chain = { tree, choice, batch, draftSeen: this.#choice.seen };
    const [own, top] = [this.#choice, this.#top];
    const asksConfidence = confidence > 0;
    // The greedy choice is the most probable token, which stands beside what its probability is made of.
    const isTop = asksConfidence && choosing === "greedy";
    const pass = [
      ...this.#shortForward(),
      ...(isTop ? [] : choose(gpu, { batch, rowCount: 1, logits, buffers: own }, choosing)),
      ...(asksConfidence ? [findTop(gpu, batch, logits, top)] : []),
      extendChain(gpu, chain, {
        candidates: isTop
          ? { buffer: top.candidates, count: top.chunks }
          : { buffer: own.candidates, count: candidateChunks(own.vocabularySize) },
        drafts,
        confidence: { least: confidence, logits, masses: top.masses, massCount: top.chunks },
      }),
    ];
    return [beginChain(gpu, chain), ...Array.from({ length: drafts }, () => pass).flat()];
  }

  /** The row's token → its logits, through the parts that are not left out. */
  #shortForward(): Dispatch[] {
    const { model, cache } = this.#context;
    const at = this.#draft;
    return [
      ...model.embed(1, at, 0, this.#skips),
      ...model.runLayers(1, at, cache, { skips: this.#skips }),
      ...model.logits(1, at),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    freeActivations(gpu, this.#draft);
    const { seen, thresholds, candidates } = this.#choice;
    gpu.free(seen, thresholds, candidates, this.#top.candidates, this.#top.masses);
  }
}
