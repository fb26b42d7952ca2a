import type { Gpu } from "../../gpu/gpu.ts";
import { logitStride, type Routing, type RoutingShape } from "../../ops/experts.ts";
import { type ExpertLoad, expertTile, mostTiles } from "../../ops/products/expert_matrices.ts";
import { createRowBatch, padRows } from "../../ops/rows.ts";
import type { ExpertsPlan, ModelConfig } from "../config.ts";

/** What layers with experts compute for the rows of a batch, and for the pairs of a row and an expert. */
export interface ExpertActivations {
  routing: Routing;
  /** [pairs, the experts' intermediate] f32. */
  gated: GPUBuffer;
  /** [pairs, hidden] f32. */
  outputs: GPUBuffer;
  /** [rows, hidden] f32, of the expert that all rows share; else empty. */
  sharedOutput: GPUBuffer;
}

/** How the rows of a layer are routed. */
export function routingShape({ count, chosen, weightsOf, sharedSize }: ExpertsPlan): RoutingShape {
  const [ofChosen, isShared] = [weightsOf === "chosen", sharedSize !== null];
  return { experts: count, chosen, ofChosen, isShared };
}

/** How many rows come to which experts of a layer. */
export function expertLoad({ count, chosen }: ExpertsPlan, rowCount: number): ExpertLoad {
  return { rowCount, experts: count, chosen };
}

/** Room for rows on their way through layers with experts; nothing if there are none. */
export function createExpertActivations(
  gpu: Gpu,
  { layers, hiddenSize }: ModelConfig,
  capacity: number,
): { experts?: ExpertActivations } {
  const plans = layers.flatMap(({ mlp: { experts } }) => experts ? [experts] : []);
  if (plans.length === 0) return {};
  const most = (numberOf: (plan: ExpertsPlan) => number) => Math.max(...plans.map(numberOf));
  const rows = padRows(capacity);
  const pairs = most((plan) => {
    const load = expertLoad(plan, capacity);
    const tileRows = expertTile(gpu, load);
    return tileRows * mostTiles(tileRows, load);
  });
  const storage = (label: string, count: number, perRow: number) =>
    gpu.storage(label, 4 * count * perRow);
  const chosen = most((plan) => plan.chosen);
  const isShared = plans.some(({ sharedSize }) => sharedSize !== null);
  return {
    experts: {
      routing: {
        logits: storage("router logits", rows, most((plan) => logitStride(routingShape(plan)))),
        chosen: storage("chosen experts", rows, chosen),
        weights: storage("weights of experts", rows, chosen),
        places: storage("places of experts", rows, chosen),
        // Few tiles are full.
        pairs: { ...createRowBatch(gpu, pairs, 1), oftenFewer: true },
      },
      gated: storage("gated of experts", padRows(pairs), most((plan) => plan.intermediateSize)),
      outputs: storage("outputs of experts", padRows(pairs), hiddenSize),
      sharedOutput: storage("output of the shared expert", isShared ? rows : 0, hiddenSize),
    },
  };
}

/** Frees the buffers. */
export function freeExpertActivations(
  gpu: Gpu,
  { routing, gated, outputs, sharedOutput }: ExpertActivations,
): void {
  const { logits, chosen, weights, places, pairs } = routing;
  gpu.free(logits, chosen, weights, places, pairs.rows, pairs.ancestors);
  gpu.free(gated, outputs, sharedOutput);
}
