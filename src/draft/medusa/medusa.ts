import type { Dispatch } from "../../gpu/kernel.ts";
import { finalInput } from "../../model/stream_norms.ts";
import { outputStride, project, projectBlocks } from "../../ops/products/matmul.ts";
import type { FollowerSource } from "../../ops/tree/accept.ts";
import { CandidateTree, type CandidateTreeOptions, type OffsetLogits } from "../candidate_tree.ts";
import type { DraftContext, DraftingMethod } from "../drafter.ts";
import type { RegisteredMethod } from "../method.ts";
import { longestPath, nodesOf } from "../tree_shape.ts";
import { MEDUSA_HEADS } from "./load_heads.ts";
import type { MedusaHeads } from "./medusa_heads.ts";

/** Medusa, as people name it. */
export const MEDUSA: RegisteredMethod = {
  name: "medusa",
  summary: "drafts with heads of their own on the last hidden state",
  needs: [MEDUSA_HEADS],
  async load(model, assets) {
    const heads = await assets.load(MEDUSA_HEADS, model);
    const depth = heads.outputs.length;
    return {
      trees: { form: "branches", depth, takesPaths: true, takesInPassNodes: false },
      create: (tree) => medusa(heads, tree),
    };
  },
};

/**
 * Medusa: Cai et al., "Medusa: Simple LLM Inference Acceleration Framework with Multiple Decoding
 * Heads" (2024). From the last hidden state of the accepted node, head i predicts the token i
 * positions after the next. Drafts are verified exactly, not by the paper's typical acceptance.
 */
export function medusa(heads: MedusaHeads, options: CandidateTreeOptions): DraftingMethod {
  const nodes = nodesOf(options);
  // A tree has no use for heads that draft beyond its paths.
  const outputs = heads.outputs.slice(0, longestPath(options));
  const depth = outputs.length;
  return {
    name: MEDUSA.name,
    sizes: () => ({ nodes, depth, rows: nodes, slots: 0 }),
    create: (context) => {
      const logits = new HeadLogits(context, { ...heads, outputs }, nodes);
      return new CandidateTree(MEDUSA.name, context, logits, options);
    },
  };
}

/** What the heads make of the accepted node's last hidden state. */
class HeadLogits implements OffsetLogits {
  readonly source: FollowerSource;
  readonly logits: GPUBuffer;
  readonly #context: DraftContext;
  readonly #heads: MedusaHeads;
  readonly #nodes: number;
  /** [k, hidden] f32: x + silu(W1 · x + b) of all heads that were trained. */
  readonly #blocks: GPUBuffer;

  constructor(context: DraftContext, heads: MedusaHeads, nodes: number) {
    const { gpu, config: { vocabSize } } = context.model;
    const count = heads.outputs.length;
    this.#context = context;
    this.#heads = heads;
    this.#nodes = nodes;
    this.source = { count, first: 0, stride: 0, nodes };
    this.logits = gpu.storage("logits of the heads", 4 * count * outputStride(vocabSize));
    this.#blocks = gpu.storage("blocks of the heads", 4 * heads.inner.columns);
  }

  forward(nodes = this.#nodes): Dispatch[] {
    const { model, activations, cache } = this.#context;
    return model.runLayers(nodes, activations, cache);
  }

  finish(): Dispatch[] {
    const { model, activations, tree: { followers: batch } } = this.#context;
    const { inner, bias, outputs } = this.#heads;
    const first = { batch, rowCount: 1 };
    const { gpu } = model;
    return [
      // prepared [nodes, …] of the accepted node → blocks [k, hidden]
      ...projectBlocks(gpu, {
        ...first,
        gather: true,
        weights: inner,
        bias,
        ...finalInput(model.config, activations),
        output: this.#blocks,
      }),
      // blocks → logits [heads, vocabulary], each row by its own head
      ...outputs.flatMap((weights, skipRows) =>
        project(gpu, { ...first, skipRows, weights, input: this.#blocks, output: this.logits })
      ),
    ];
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#context.model;
    gpu.free(this.logits, this.#blocks);
  }
}
