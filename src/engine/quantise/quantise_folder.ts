/** Writes a folder with a model whose weights are quantised, in the affine form of MLX. */

import { join } from "@std/path";
import { DRAFT_ASSETS } from "../../draft/registry.ts";
import { statIfThere, temporaryBeside } from "../../format/files.ts";
import { CONFIG_FILE_LIMIT, readJsonObject } from "../../format/json.ts";
import { Safetensors } from "../../format/safetensors/safetensors.ts";
import {
  streamSafetensors,
  type TensorShape,
} from "../../format/safetensors/safetensors_encode.ts";
import { hostTurn } from "../../gpu/queues/turn.ts";
import { packNibbles } from "../../model/checkpoint/codes.ts";
import { moduleOf } from "../../model/checkpoint/quantization.ts";
import { fromFloats, requireFinite } from "../../model/checkpoint/scale_pairs.ts";
import { requireWrittenWeights } from "../../model/checkpoint/written_weights.ts";
import { type AffineQuantisation, quantiseAffine } from "../../model/quantise/affine.ts";
import { type QuantisationSettings, QuantisedModules } from "../../model/quantise/settings.ts";
import { toFloats } from "../../ops/products/codecs.ts";
import { type ModelFolder, QUANTISED_FROM, requireFloats } from "../model_folder.ts";

/** What became of a matrix. */
export interface QuantisedMatrix extends AffineQuantisation {
  /** Name of its module. */
  module: string;
  /** Root of the mean squared error of its weights, as a part of the root of their mean square. */
  relativeError: number;
}

/** What the writing may be told. */
export interface QuantiseOptions {
  /** Hears of each matrix that is done. */
  onMatrix?: ((matrix: QuantisedMatrix) => void) | undefined;
  /** Hears how many of the weights are done. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends it early, with its reason. */
  signal?: AbortSignal | undefined;
  /** Hears of an unfinished folder that could not be removed when the writing failed or was ended. */
  onLeftover?: ((path: string) => void) | undefined;
}

/** Files beside the weights that a quantised copy needs as well. */
const COPIED = [
  /^tokenizer/,
  /^special_tokens_map\.json$/,
  /^added_tokens\.json$/,
  /^generation_config\.json$/,
  /^chat_template/,
  /^vocab\./,
  /^merges\.txt$/,
  /^LICENSE/,
];

/** What the model drafts with serves its copy as well. */
const DRAFTING: ReadonlySet<string> = new Set(DRAFT_ASSETS.map(({ kind }) => kind.file));

/** Weights that are held as floats at once: bounds the memory, and the time until Ctrl-C is heard. */
const BLOCK_WEIGHTS = 2 ** 19;

/**
 * Quantises a model into a folder that does not exist yet, which is there whole or not at all.
 *
 * @throws DataError if the model is quantised already, or its weights are not numbers or never written.
 * @throws Deno.errors of the file system.
 */
export async function quantiseFolder(
  source: ModelFolder,
  target: string,
  settings: QuantisationSettings,
  options: QuantiseOptions = {},
): Promise<void> {
  const { config } = source;
  requireFloats(source);
  using tensors = await Safetensors.open(source.path);
  await requireWrittenWeights(tensors);
  const modules = new QuantisedModules(config, settings);
  const plan = tensors.names.map((name): Planned => {
    const how = modules.ofTensor(tensors, name);
    return { name, how, source: how ? modules.upright(tensors, name) : tensors };
  });
  const temporary = temporaryBeside(target);
  await Deno.mkdir(temporary);
  try {
    await copyFiles(source.path, temporary);
    const json = await readJsonObject(
      join(source.path, "config.json"),
      "the model's configuration",
      CONFIG_FILE_LIMIT,
    );
    const quantization = configOf(plan, settings);
    const text = JSON.stringify({ ...json, quantization }, null, 2);
    await Deno.writeTextFile(join(temporary, "config.json"), text + "\n");
    const writer = new QuantisedWeights(plan, options);
    const path = join(temporary, "model.safetensors");
    const made = { format: "mlx", [QUANTISED_FROM]: await source.storedFingerprint() };
    await streamSafetensors(path, writer.shapes, writer.data(), made);
    await Deno.rename(temporary, target);
  } catch (error) {
    // What went wrong first is what matters, whatever becomes of the removal.
    const leaveIt = () => options.onLeftover?.(temporary);
    await Deno.remove(temporary, { recursive: true }).catch(leaveIt);
    throw error;
  }
}

/** A tensor of the source, and how it is quantised, if it is. */
interface Planned {
  name: string;
  how: AffineQuantisation | null;
  /** Where it is read. */
  source: Safetensors;
}

/** MLX's settings: for all modules, and for those that have others. */
function configOf(plan: readonly Planned[], { bits, group }: QuantisationSettings) {
  const affine = (bits: number) => ({ group_size: group, bits, mode: "affine" });
  const others = plan.filter(({ how }) => how && how.bits !== bits)
    .map(({ name, how }) => [moduleOf(name), affine(how!.bits)]);
  return { ...affine(bits), ...Object.fromEntries(others) };
}

async function copyFiles(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    if (!DRAFTING.has(name) && !COPIED.some((pattern) => pattern.test(name))) continue;
    const path = join(from, name);
    // Links are followed, as caches have them; a pipe would block and a device never end.
    const info = await statIfThere(path, "a file of the model");
    if (info?.isFile) await Deno.copyFile(path, join(to, name));
  }
}

/** The tensors of the quantised model: matrices first, then what stays as it is. */
class QuantisedWeights {
  readonly #plan: readonly Planned[];
  readonly #options: QuantiseOptions;
  readonly #total: number;
  #done = 0;

  constructor(plan: readonly Planned[], options: QuantiseOptions) {
    this.#plan = [...plan.filter(({ how }) => how), ...plan.filter(({ how }) => !how)];
    this.#options = options;
    this.#total = plan.reduce((sum, { name, how, source }) => {
      const { rows, inner } = matrixOf(source.stored(name));
      return how ? sum + rows * inner : sum;
    }, 0);
  }

  get shapes(): TensorShape[] {
    return this.#plan.flatMap(({ name, how, source }): TensorShape[] => {
      const { dtype, shape } = source.get(name);
      if (!how) return [{ name, dtype, shape }];
      const inner = shape.at(-1)!;
      const ofRows = shape.slice(0, -1);
      const module = moduleOf(name);
      const groups = [...ofRows, inner / how.group];
      return [
        { name: `${module}.weight`, dtype: "U32", shape: [...ofRows, inner * how.bits / 32] },
        { name: `${module}.scales`, dtype, shape: groups },
        { name: `${module}.biases`, dtype, shape: groups },
      ];
    });
  }

  async *data(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const { name, how, source } of this.#plan) {
      if (how) yield* await this.#matrix(source, name, how);
      else yield await source.read(name, 0, source.stored(name).byteLength);
    }
  }

  /** Codes, scales and biases of a matrix. */
  async #matrix(
    source: Safetensors,
    name: string,
    how: AffineQuantisation,
  ): Promise<Uint8Array<ArrayBuffer>[]> {
    const { dtype, shape, byteLength } = source.get(name);
    const { rows, inner } = matrixOf({ shape });
    const rowBytes = byteLength / rows;
    const block = Math.max(1, Math.floor(BLOCK_WEIGHTS / inner));
    const codes = new Uint8Array(rows * inner * how.bits / 8);
    const [scales, biases] = [0, 0].map(() => new Float32Array(rows * inner / how.group));
    let [squares, squaredError] = [0, 0];
    for (let row = 0; row < rows; row += block) {
      this.#options.signal?.throwIfAborted();
      const count = Math.min(block, rows - row);
      const bytes = await source.read(name, row * rowBytes, count * rowBytes);
      requireFinite(source, name, bytes);
      const weights = toFloats(bytes, dtype);
      const quantised = quantiseAffine(weights, how, dtype);
      const packed = how.bits === 4 ? packNibbles(quantised.codes) : quantised.codes;
      codes.set(packed, row * inner * how.bits / 8);
      scales.set(quantised.scales, row * inner / how.group);
      biases.set(quantised.biases, row * inner / how.group);
      squares += weights.reduce((sum, weight) => sum + weight * weight, 0);
      squaredError += quantised.squaredError;
      this.#done += weights.length;
      this.#options.onProgress?.(this.#done, this.#total);
      await hostTurn();
    }
    const relativeError = squares > 0 ? Math.sqrt(squaredError / squares) : 0;
    this.#options.onMatrix?.({ module: moduleOf(name), ...how, relativeError });
    return [codes, fromFloats(scales, dtype), fromFloats(biases, dtype)];
  }
}

/** The matrices of a tensor, of which there are several where experts stand in one, below each other. */
function matrixOf({ shape }: { shape: readonly number[] }): { rows: number; inner: number } {
  const inner = shape.at(-1)!;
  return { rows: shape.slice(0, -1).reduce((product, size) => product * size, 1), inner };
}
