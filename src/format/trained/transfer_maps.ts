/** Files with the linear maps of hidden transfer, made by `foretoken train hidden-transfer`. */

import { MetadataFields } from "../safetensors/metadata_fields.ts";
import { type Dtype, Safetensors, writeSafetensors } from "../safetensors/safetensors.ts";

/** Name of the file beside a model's weights. */
export const TRANSFER_MAPS_FILE = "hidden_transfer.safetensors";

/** Most steps of a file. */
export const MAX_TRANSFER_STEPS = 8;

const FORMAT = "foretoken.hidden-transfer";
const FORMAT_VERSION = "2";
const TRAIN = "make maps for this model with foretoken train hidden-transfer";

/**
 * The maps W_1 … W_k: W_i takes h entering layer t_i to what it will be i positions later. If the file
 * knows the token that was chosen after h as well, W_i takes s = A · h + U · g, where g is what the lowest
 * layers make of that token alone; U · g is there for every token.
 */
export interface TransferMaps extends Disposable {
  /** k, 1 … 8. */
  readonly steps: number;
  /** t_1 ≤ t_2 ≤ … ≤ t_k, each a layer of the base model. */
  readonly layers: readonly number[];
  /** Layer that g enters; null if the token is not known. Else all layers are the same, none below it. */
  readonly tokenLayer: number | null;
  /**
   * Tensors `transfer.1.weight` … `transfer.k.weight` and that of A, [hidden, hidden], and the tokens'
   * states U · g, [vocabulary, hidden].
   */
  readonly tensors: Safetensors;
  /** How they were trained, as written by the trainer: JSON. */
  readonly training: string;
}

/** Name of the tensor of step i = 1 … k. */
export function transferMapName(step: number): string {
  return `transfer.${step}.weight`;
}

/** Names of A and of the tokens' states. */
export const TOKEN_MAP_NAMES = { fromState: "token.from_state.weight", states: "token.states" };

/** The tensors of a file of maps: W_1 … W_k, and what the token's state is made of. */
export function transferMapNames(
  { steps, tokenLayer }: Pick<TransferMaps, "steps" | "tokenLayer">,
): { names: string[]; token?: typeof TOKEN_MAP_NAMES } {
  const names = Array.from({ length: steps }, (_, i) => transferMapName(i + 1));
  return tokenLayer === null ? { names } : { names, token: TOKEN_MAP_NAMES };
}

/**
 * Opens a file of maps for a base model.
 *
 * @param baseFingerprint of the base model, see `fingerprint`.
 * @throws {NoInputError} when the file is missing or not readable.
 * @throws {DataError} when it is of another kind, version or base, or its maps do not fit.
 */
export async function openTransferMaps(
  path: string,
  config: { hiddenSize: number; vocabSize: number; layerCount: number },
  baseFingerprint: string,
): Promise<TransferMaps> {
  const tensors = await Safetensors.openFile(path);
  try {
    const fields = new TransferFields(path, tensors.metadata, TRAIN);
    fields.requireKind(FORMAT, FORMAT_VERSION, baseFingerprint);
    const steps = fields.integer("steps", 1, MAX_TRANSFER_STEPS);
    const layers = fields.layers(steps, config.layerCount);
    const { hiddenSize, vocabSize } = config;
    const shape = [hiddenSize, hiddenSize];
    for (let step = 1; step <= steps; step++) tensors.get(transferMapName(step), shape);
    const hasToken = fields.text("token_layer") !== undefined;
    const tokenLayer = hasToken ? fields.tokenLayer(layers) : null;
    if (hasToken) {
      tensors.get(TOKEN_MAP_NAMES.fromState, shape);
      tensors.get(TOKEN_MAP_NAMES.states, [vocabSize, hiddenSize]);
    }
    const training = fields.text("training") ?? "{}";
    const dispose = () => tensors[Symbol.dispose]();
    return { steps, layers, tokenLayer, tensors, training, [Symbol.dispose]: dispose };
  } catch (error) {
    tensors[Symbol.dispose]();
    throw error;
  }
}

/** What `writeTransferMaps` writes. */
export interface TransferMapsData {
  /** t_1 ≤ … ≤ t_k. */
  layers: readonly number[];
  /** [hidden, hidden] f32 each, W_1 … W_k. */
  maps: readonly Float32Array[];
  /** A [hidden, hidden] f32, U · g of every token [vocabulary, hidden] f32, and the layer that g enters. */
  token?: { layer: number; fromState: Float32Array; states: Float32Array } | undefined;
  /** Fingerprint of the base model. */
  baseFingerprint: string;
  /** How they were trained; becomes JSON. */
  training: unknown;
}

/** Writes a file of maps as a whole. `dtype` F16 rounds the maps to half precision. */
export async function writeTransferMaps(
  path: string,
  { layers, maps, token, baseFingerprint, training }: TransferMapsData,
  dtype: Exclude<Dtype, "BF16"> = "F16",
): Promise<void> {
  const tensor = (name: string, map: Float32Array) => {
    const size = Math.sqrt(maps[0].length);
    const numbers = dtype === "F16" ? Float16Array.from(map) : map;
    const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    return { name, dtype, shape: [map.length / size, size], data };
  };
  const tensors = maps.map((map, i) => tensor(transferMapName(i + 1), map));
  if (token) {
    tensors.push(tensor(TOKEN_MAP_NAMES.fromState, token.fromState));
    tensors.push(tensor(TOKEN_MAP_NAMES.states, token.states));
  }
  await writeSafetensors(path, tensors, {
    format: FORMAT,
    format_version: FORMAT_VERSION,
    steps: String(maps.length),
    layers: layers.join(","),
    ...(token ? { token_layer: String(token.layer) } : {}),
    base_fingerprint: baseFingerprint,
    training: JSON.stringify(training),
  });
}

/** The layers of maps. */
class TransferFields extends MetadataFields {
  /** `steps` layers separated by commas, none below the one before. */
  layers(steps: number, layerCount: number): number[] {
    const expected = `${steps} layers from 0 to ${layerCount - 1}, none below the one before`;
    const text = this.text("layers") ?? "";
    const layers = /^\d{1,4}(,\d{1,4}){0,7}$/.test(text) ? text.split(",").map(Number) : [];
    const fits = layers.length === steps &&
      layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
    if (fits) return layers;
    throw this.fault("layers", expected);
  }

  /** A layer not above that of the maps, which must all have the same. */
  tokenLayer(layers: readonly number[]): number {
    if (new Set(layers).size > 1) {
      throw this.fault("layers", "one layer for all steps beside token_layer");
    }
    return this.integer("token_layer", 0, layers[0]);
  }
}
