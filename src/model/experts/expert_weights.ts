import type { WeightMatrix } from "../../ops/products/weights.ts";
import type { ExpertTensors, StoredExperts } from "../architectures/architecture.ts";
import type { ExpertsPlan, ModelSizes } from "../config.ts";
import { gateAndUpSource, type PartRow, type TensorPart } from "../loading/gathered_rows.ts";
import type {
  MatrixSource,
  VectorPart,
  VectorSource,
  WeightLoader,
} from "../loading/weight_loader.ts";
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
  router: Linear;
  /** The MLP of that expert. */
  shared: { inputs: Linear; down: Linear } | undefined;
}

/** Matrices of what is beside the experts. */
export function matricesOf({ router, shared }: ExpertWeights): WeightMatrix[] {
  const ofShared = shared ? [shared.inputs, shared.down] : [];
  return [router, ...ofShared].map(({ weights }) => weights);
}

/** The matrices of experts below each other, and what stands beside them. */
export function loadExperts(
  loader: WeightLoader,
  { hiddenSize }: ModelSizes,
  plan: ExpertsPlan,
  { router, routerBias, stored, shared }: ExpertTensors,
): LoadedExperts {
  const { count, intermediateSize, sharedSize, bias = false } = plan;
  const names = storedAs(loader, stored);
  const biases = bias ? names.biases! : undefined;
  const inputs = inputSource(names, plan);
  const ofShared = shared && sharedSize !== null ? { ...shared, size: sharedSize } : undefined;
  return {
    mlpInputs: linear(loader, {
      label: `gate and up of experts, ${names.gate(0)}`,
      inner: hiddenSize,
      ...inputs,
      block: 8,
      perExpert: 2 * intermediateSize,
    }, biases && inputBiases(biases.inputs, plan, inputs)),
    down: linear(loader, {
      label: `down of experts, ${names.down(0)}`,
      inner: intermediateSize,
      parts: partsOf(names.down, { count, rows: hiddenSize, ...names }),
      perExpert: hiddenSize,
    }, biases && biasOf(biases.down, [count, hiddenSize])),
    experts: {
      router: linear(loader, {
        label: router,
        inner: hiddenSize,
        parts: [
          { name: router, rows: count },
          ...(ofShared ? [{ name: ofShared.router, rows: 1 }] : []),
        ],
      }, bias ? biasOf(routerBias!, [count]) : undefined),
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

/** The way in which the file stores experts, of which it has gates or, where those are missing, something else. */
function storedAs(loader: WeightLoader, ways: readonly StoredExperts[]): StoredExperts {
  return ways.find(({ gate }) => loader.has(gate(0))) ??
    ways.find(({ down }) => loader.has(down(0))) ?? ways[0];
}

/** A matrix, and its bias if it has one. */
function linear(loader: WeightLoader, source: MatrixSource, bias?: VectorSource): Linear {
  return { weights: loader.matrix(source), bias: bias && loader.vector(bias) };
}

/** A bias of this shape. */
function biasOf(name: string, shape: readonly number[]): VectorSource {
  return { label: name, parts: [biasPart(name, shape)] };
}

function biasPart(name: string, shape: readonly number[]): VectorPart {
  return { name, rows: shape.reduce((product, size) => product * size), shape };
}

/** The biases of gate and up, in one tensor or in two, whose numbers stand where rows of matrices stand. */
function inputBiases(
  names: readonly string[],
  { count, intermediateSize }: ExpertsPlan,
  matrices: ExpertRows,
): VectorSource {
  const shape = [count, 2 * intermediateSize / names.length];
  return {
    label: names[0],
    parts: names.map((name) => biasPart(name, shape)),
    sourceOf(column) {
      const { part, row } = matrices.sourceOf(column);
      return { part: part % names.length, row: (matrices.parts[part].first ?? 0) + row };
    },
  };
}

/** Parts of matrices of experts, and which of their rows becomes a column. */
type ExpertRows = Required<Pick<MatrixSource, "parts" | "sourceOf">>;

/** Gate and up of each expert in turn, and which of their rows becomes a column. */
function inputSource(
  names: StoredExperts,
  { count, intermediateSize }: ExpertsPlan,
): ExpertRows {
  const perExpert = 2 * intermediateSize;
  if (names.alternate) {
    return {
      parts: partsOf(names.gate, { count, rows: perExpert, ...names }),
      sourceOf: (column) => {
        const { part, row } = expertSource(column, intermediateSize);
        return { part: Math.floor(part / 2), row: 2 * row + part % 2 };
      },
    };
  }
  const areFused = names.gate(0) === names.up(0);
  const shape = {
    count,
    rows: intermediateSize,
    tensorRows: areFused ? perExpert : intermediateSize,
    ...names,
  };
  const gates = partsOf(names.gate, shape);
  const ups = partsOf(names.up, { ...shape, first: areFused ? intermediateSize : 0 });
  return {
    parts: gates.flatMap((gate, expert) => [gate, ups[expert]]),
    sourceOf: (column) => expertSource(column, intermediateSize),
  };
}

/**
 * A part of `rows` rows for each expert, the first of which is row `first` of its matrix of `tensorRows`: in a
 * tensor of its own, or in the one that all share.
 */
function partsOf(
  name: (expert: number) => string,
  { count, rows, tensorRows = rows, first = 0, areTransposed }: {
    count: number;
    rows: number;
    tensorRows?: number;
    first?: number;
    areTransposed?: boolean;
  },
): TensorPart[] {
  const isStacked = name(0) === name(1);
  return Array.from({ length: count }, (_, expert) => ({
    name: name(expert),
    rows,
    first: isStacked ? expert * tensorRows + first : first,
    of: isStacked ? count * tensorRows : tensorRows,
    stack: isStacked ? count : undefined,
    isTransposed: areTransposed,
  }));
}

/** Where a column of the experts' gates and up matrices comes from. */
function expertSource(column: number, intermediateSize: number): PartRow {
  const expert = Math.floor(column / (2 * intermediateSize));
  const { part, row } = gateAndUpSource(column % (2 * intermediateSize));
  return { part: 2 * expert + part, row };
}
