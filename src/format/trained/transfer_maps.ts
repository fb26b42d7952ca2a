/** Files with the linear maps of hidden transfer, made by `foretoken train hidden-transfer`. */

import type { MetadataFields } from "../safetensors/metadata_fields.ts";
import { type ParentFactorsData, parentFactorTensors, readParentRank } from "./parent_factors.ts";
import {
  type Dtype,
  type Safetensors,
  type TensorData,
  writeSafetensors,
} from "../safetensors/safetensors.ts";
import {
  heldFigure,
  openTrainedFile,
  type Origin,
  type TrainedFile,
  type TrainedKind,
  trainedMetadata,
} from "./trained_file.ts";

/** Most steps of a file. */
export const MAX_TRANSFER_STEPS = 8;

/** Such files. */
export const TRANSFER_MAPS_KIND: TrainedKind = {
  file: "hidden_transfer.safetensors",
  purpose: "a file with maps of hidden transfer",
  train: "make maps for this model with foretoken train hidden-transfer",
  format: "foretoken.hidden-transfer",
  // Version 2 has the states of all tokens, and no list of tokens.
  versions: ["2", "3"],
};

/**
 * The maps W_1 … W_k: W_i takes h entering layer t_i to what it will be i positions later. If the file
 * knows the token that was chosen after h as well, W_i takes s = A · h + U · g, where g is what the lowest
 * layers make of that token alone; either U is there, or U · g for every token.
 */
export interface TransferMaps extends TrainedFile {
  /** k, 1 … 8. */
  readonly steps: number;
  /** t_1 ≤ t_2 ≤ … ≤ t_k, each a layer of the base model. */
  readonly layers: readonly number[];
  /** Layer that g enters; null if the token is not known. Else all layers are the same, none below it. */
  readonly tokenLayer: number | null;
  /** Whether U · g is there for every token, rather than U. */
  readonly hasStates: boolean;
  /** Ids of the tokens that are drafted, ascending; null if all of them are. */
  readonly draftTokens: Uint32Array<ArrayBuffer> | null;
  /**
   * Of the most probable drafts at offset 1 … k, the shares that were right in texts that were not trained
   * on; null if the file says none.
   */
  readonly rightShares: readonly number[] | null;
  /** Numbers of the factors that say what a drafted token is worth after another; null if it has none. */
  readonly parentRank: number | null;
  /**
   * Tensors `transfer.1.weight` … `transfer.k.weight`, those of A and of U, [hidden, hidden] each, or in
   * place of U the tokens' states U · g, [vocabulary, hidden].
   */
  readonly tensors: Safetensors;
}

/** Name of the tensor of step i = 1 … k. */
export function transferMapName(step: number): string {
  return `transfer.${step}.weight`;
}

/** Names of A, of U and of the tokens' states. */
export const TOKEN_MAP_NAMES = {
  fromState: "token.from_state.weight",
  fromToken: "token.from_token.weight",
  states: "token.states",
} as const;

/**
 * Name of the ids of the tokens that are drafted, [tokens]. They are F32, which holds them exactly: a
 * vocabulary has fewer than 2²⁴ tokens.
 */
const DRAFT_TOKENS_NAME = "draft.tokens";

/**
 * Opens a file of maps for a model, which need not be the one that they were made for.
 *
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} when it is of another kind or version, or its maps do not fit the model.
 */
export async function openTransferMaps(
  path: string,
  config: { hiddenSize: number; vocabSize: number; layerCount: number },
): Promise<TransferMaps> {
  return await openTrainedFile(path, TRANSFER_MAPS_KIND, async (fields, tensors) => {
    const steps = fields.integer("steps", 1, MAX_TRANSFER_STEPS);
    const layers = readLayers(fields, steps, config.layerCount);
    const { hiddenSize, vocabSize } = config;
    const shape = [hiddenSize, hiddenSize];
    for (let step = 1; step <= steps; step++) tensors.get(transferMapName(step), shape);
    const hasToken = fields.text("token_layer") !== undefined;
    const tokenLayer = hasToken ? readTokenLayer(fields, layers) : null;
    const hasStates = tensors.has(TOKEN_MAP_NAMES.states);
    if (hasToken) {
      tensors.get(TOKEN_MAP_NAMES.fromState, shape);
      if (hasStates) tensors.get(TOKEN_MAP_NAMES.states, [vocabSize, hiddenSize]);
      else tensors.get(TOKEN_MAP_NAMES.fromToken, shape);
    }
    const draftTokens = await readDraftTokens(tensors, vocabSize);
    const parentRank = readParentRank(
      tensors,
      draftTokens?.length ?? vocabSize,
      TRANSFER_MAPS_KIND.train,
    );
    const rightShares = readRightShares(fields, steps);
    return { steps, layers, tokenLayer, hasStates, draftTokens, rightShares, parentRank };
  });
}

/** What training has noted of them, unless it is something else. */
function readRightShares(fields: MetadataFields, steps: number): number[] | null {
  const shares = heldFigure(fields, "top1");
  const isShare = (share: unknown) => typeof share === "number" && share >= 0 && share <= 1;
  return Array.isArray(shares) && shares.length === steps && shares.every(isShare) ? shares : null;
}

/** @throws DataError unless they are ids of the vocabulary in ascending order. */
async function readDraftTokens(
  tensors: Safetensors,
  vocabSize: number,
): Promise<Uint32Array<ArrayBuffer> | null> {
  if (!tensors.has(DRAFT_TOKENS_NAME)) return null;
  const { shape, dtype, byteLength } = tensors.get(DRAFT_TOKENS_NAME);
  const fault = (found: string, expected: string) =>
    tensors.fault(DRAFT_TOKENS_NAME, found, expected, TRANSFER_MAPS_KIND.train);
  if (dtype !== "F32" || shape.length !== 1 || shape[0] < 1 || shape[0] > vocabSize) {
    throw fault(`${dtype} [${shape}]`, `F32 [1 … ${vocabSize}]`);
  }
  const bytes = await tensors.read(DRAFT_TOKENS_NAME, 0, byteLength);
  const ids = new Float32Array(bytes.buffer);
  const wrong = ids.findIndex((id, i) => !Number.isInteger(id) || id <= (ids[i - 1] ?? -1));
  const last = ids[ids.length - 1];
  if (wrong >= 0) throw fault(`${ids[wrong]} at ${wrong}`, "whole numbers in ascending order");
  if (last >= vocabSize) throw fault(`token ${last}`, `tokens below ${vocabSize}`);
  return Uint32Array.from(ids);
}

/** What `writeTransferMaps` writes. */
export interface TransferMapsData extends Origin {
  /** t_1 ≤ … ≤ t_k. */
  layers: readonly number[];
  /** [hidden, hidden] f32 each, W_1 … W_k. */
  maps: readonly Float32Array[];
  /**
   * A [hidden, hidden] f32, the layer that g enters, and either U [hidden, hidden] f32, or U · g of every
   * token [vocabulary, hidden] f32.
   */
  token?:
    | { layer: number; fromState: Float32Array }
      & (
        | { fromToken: Float32Array }
        | { states: Float32Array }
      )
    | undefined;
  /** Ids of the tokens that are drafted, ascending; all of them if left out. */
  draftTokens?: Uint32Array | undefined;
  /** What drafted tokens are worth after each other; nothing is known if left out. */
  parents?: ParentFactorsData | undefined;
}

/** Writes a file of maps as a whole. `dtype` F16 rounds the maps to half precision. */
export async function writeTransferMaps(
  path: string,
  data: TransferMapsData,
  dtype: Exclude<Dtype, "BF16"> = "F16",
): Promise<void> {
  const { layers, maps, token, draftTokens, parents, ...origin } = data;
  const tensor = (name: string, map: Float32Array): TensorData => {
    const size = Math.sqrt(maps[0].length);
    const numbers = dtype === "F16" ? Float16Array.from(map) : map;
    const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return { name, dtype, shape: [map.length / size, size], data };
  };
  const tensors = maps.map((map, i) => tensor(transferMapName(i + 1), map));
  if (token) {
    tensors.push(tensor(TOKEN_MAP_NAMES.fromState, token.fromState));
    tensors.push(
      "states" in token
        ? tensor(TOKEN_MAP_NAMES.states, token.states)
        : tensor(TOKEN_MAP_NAMES.fromToken, token.fromToken),
    );
  }
  if (draftTokens) {
    const data = new Uint8Array(Float32Array.from(draftTokens).buffer);
    tensors.push({ name: DRAFT_TOKENS_NAME, dtype: "F32", shape: [draftTokens.length], data });
  }
  if (parents) tensors.push(...parentFactorTensors(parents));
  await writeSafetensors(path, tensors, {
    ...trainedMetadata(TRANSFER_MAPS_KIND, origin),
    steps: String(maps.length),
    layers: layers.join(","),
    ...(token ? { token_layer: String(token.layer) } : {}),
  });
}

/** `steps` layers separated by commas, none below the one before. */
function readLayers(fields: MetadataFields, steps: number, layerCount: number): number[] {
  const text = fields.text("layers") ?? "";
  const layers = /^\d{1,4}(,\d{1,4}){0,7}$/.test(text) ? text.split(",").map(Number) : [];
  const fits = layers.length === steps &&
    layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
  if (fits) return layers;
  const expected = `${steps} layers from 0 to ${layerCount - 1}, none below the one before`;
  throw fields.fault("layers", expected);
}

/** A layer not above that of the maps, which must all have the same. */
function readTokenLayer(fields: MetadataFields, layers: readonly number[]): number {
  if (new Set(layers).size > 1) {
    throw fields.fault("layers", "one layer for all steps beside token_layer");
  }
  return fields.integer("token_layer", 0, layers[0]);
}
