import type { WeightMatrix } from "../../ops/products/weights.ts";
import type { ExpertTensors, StoredExperts } from "../architectures/architecture.ts";
import type { ExpertsPlan, ModelSizes } from "../config.ts";
import { gateAndUpSource, type PartRow, type TensorPart } from "../loading/gathered_rows.ts";
import type { WeightLoader } from "../loading/weight_loader.ts";
import type { Linear } from "../linear.ts";

/** The matrices of experts, and what a layer has besides. */
export interface LoadedExperts {
  mlpInputs: Linear;
  down: Linear;
  experts: ExpertWeights;
}

/** What a layer with experts has beside their matrices. */
export interface ExpertWeights {
  /** [experts, hidden], and behind them the row of the expert that all rows have, if there is one. */
  router: WeightMatrix;
  /** The MLP of that expert. */
  shared: { inputs: Linear; down: Linear } | undefined;
}

/** Matrices without a bias of what is beside the experts. */
export function matricesOf({ router, shared }: ExpertWeights): WeightMatrix[] {
  return shared ? [router, shared.inputs.weights, shared.down.weights] : [router];
}

/** The matrices of experts below each other, and what stands beside them. */
export function loadExperts(
  loader: WeightLoader,
  { hiddenSize }: ModelSizes,
  plan: ExpertsPlan,
  { router, stored, shared }: ExpertTensors,
): LoadedExperts {
  const { count, intermediateSize, sharedSize } = plan;
  const names = stored.find(({ down }) => loader.has(down(0))) ?? stored[0];
  const inputs = inputParts(names, plan);
  const ofShared = shared && sharedSize !== null ? { ...shared, size: sharedSize } : undefined;
  return {
    mlpInputs: linear(loader, {
      label: `gate and up of experts, ${names.gate(0)}`,
      inner: hiddenSize,
      parts: inputs,
      sourceOf: (column) => expertSource(column, intermediateSize),
      block: 8,
      perExpert: 2 * intermediateSize,
    }),
    down: linear(loader, {
      label: `down of experts, ${names.down(0)}`,
      inner: intermediateSize,
      parts: partsOf(names.down, { count, rows: hiddenSize }),
      perExpert: hiddenSize,
    }),
    experts: {
      router: loader.matrix({
        label: router,
        inner: hiddenSize,
        parts: [
          { name: router, rows: count },
          ...(ofShared ? [{ name: ofShared.router, rows: 1 }] : []),
        ],
      }),
      shared: ofShared && {
        inputs: linear(loader, {
          label: `gate and up of ${ofShared.gate}`,
          inner: hiddenSize,
          parts: [ofShared.gate, ofShared.up].map((name) => ({ name, rows: ofShared.size })),
          sourceOf: gateAndUpSource,
          block: 8,
        }),
        down: linear(loader, {
          label: ofShared.down,
          inner: ofShared.size,
          parts: [{ name: ofShared.down, rows: hiddenSize }],
        }),
      },
    },
  };
}

function linear(loader: WeightLoader, source: Parameters<WeightLoader["matrix"]>[0]): Linear {
  return { weights: loader.matrix(source), bias: undefined };
}

/** Gate and up of each expert in turn. */
function inputParts(names: StoredExperts, { count, intermediateSize }: ExpertsPlan): TensorPart[] {
  const areFused = names.gate(0) === names.up(0);
  const tensorRows = areFused ? 2 * intermediateSize : intermediateSize;
  const shape = { count, rows: intermediateSize, tensorRows };
  const gates = partsOf(names.gate, shape);
  const ups = partsOf(names.up, { ...shape, first: areFused ? intermediateSize : 0 });
  return gates.flatMap((gate, expert) => [gate, ups[expert]]);
}

/**
 * A part of `rows` rows for each expert, the first of which is row `first` of its matrix of `tensorRows`: in a
 * tensor of its own, or in the one that all share.
 */
function partsOf(
  name: (expert: number) => string,
  { count, rows, tensorRows = rows, first = 0 }: {
    count: number;
    rows: number;
    tensorRows?: number;
    first?: number;
  },
): TensorPart[] {
  const isStacked = name(0) === name(1);
  return Array.from({ length: count }, (_, expert) => ({
    name: name(expert),
    rows,
    first: isStacked ? expert * tensorRows + first : first,
    of: isStacked ? count * tensorRows : tensorRows,
    isStacked,
  }));
}

/** Where a column of the experts' gates and up matrices comes from. */
function expertSource(column: number, intermediateSize: number): PartRow {
  const expert = Math.floor(column / (2 * intermediateSize));
  const { part, row } = gateAndUpSource(column % (2 * intermediateSize));
  return { part: 2 * expert + part, row };
}
