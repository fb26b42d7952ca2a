/** Quantised checkpoints that something is wrong with. */
import { fromFileUrl, join } from "@std/path";
import type { JsonObject } from "../../../src/format/json.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { floatMatrix } from "../../../src/model/checkpoint/float_matrix.ts";
import type { Quantization } from "../../../src/model/checkpoint/quantization.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { type Contents, withFolder } from "../../format/support.ts";

/** Folder with a folder for each kind; see tests/golden/README.md. */
export const QUANTISED_GOLDENS: string = fromFileUrl(
  new URL("../../golden/quantised", import.meta.url),
);

/** A tensor of any type, to be changed. */
export interface RawTensor {
  dtype: string;
  shape: number[];
  data: Uint8Array<ArrayBuffer>;
}

/** What a checkpoint is made of. */
export interface RawModel {
  config: Record<string, unknown>;
  tensors: Record<string, RawTensor>;
}

/** Sizes of matrices by their modules: rows and their length, and of a stack how many matrices. */
export type Sizes = Record<string, [...matrices: number[], rows: number, inner: number]>;

/** A golden checkpoint, and its quantised modules with the sizes of their matrices. */
export async function rawModel(
  kind: string,
): Promise<RawModel & { sizes: Sizes }> {
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(join(QUANTISED_GOLDENS, kind, name)));
  const bytes = await Deno.readFile(join(QUANTISED_GOLDENS, kind, "model.safetensors"));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header: JsonObject = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensors: RawModel["tensors"] = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: [begin, end] } = entry as {
      dtype: string;
      shape: number[];
      data_offsets: [number, number];
    };
    tensors[name] = { dtype, shape, data: bytes.slice(8 + length + begin, 8 + length + end) };
  }
  return {
    config: await read("config.json"),
    tensors,
    sizes: (await read("golden.json")).sizes,
  };
}

/** Opens a checkpoint that was written to a folder. */
export async function withModel(
  { config, tensors: raw }: RawModel,
  run: (opened: { tensors: Safetensors; quantization: Quantization | undefined }) => Promise<void>,
): Promise<void> {
  const files: Record<string, Contents> = {
    "config.json": config,
    "model.safetensors": encode(raw),
  };
  await withFolder(files, async (folder) => {
    const { quantization } = await readConfig(folder);
    using tensors = await Safetensors.open(folder);
    await run({ tensors, quantization });
  });
}

/** Reads all quantised matrices of a checkpoint, without a GPU. */
export async function readAll(model: RawModel, sizes: Sizes): Promise<void> {
  await withModel(model, async ({ tensors: inFile, quantization }) => {
    for (const [module, size] of Object.entries(sizes)) {
      const inner = size.at(-1)!;
      const rows = size.slice(0, -1).reduce((all, size) => all * size);
      const stack = size.length === 3 ? size[0] : undefined;
      const tensors = stack === undefined ? inFile : inFile.unstacked();
      const matrix = quantization?.open({ tensors, module, rows, inner, stack }) ??
        floatMatrix(tensors, `${module}.weight`, rows, inner);
      await matrix.read(0, rows);
    }
    const modules = inFile.names.map((name) => name.slice(0, name.lastIndexOf(".")));
    quantization?.requireModules?.(new Set(modules));
  });
}

/** The bytes of a file with tensors of any type. */
function encode(tensors: RawModel["tensors"]): Uint8Array {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [end, end += data.length] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  let position = 8 + json.length;
  for (const { data } of Object.values(tensors)) {
    bytes.set(data, position);
    position += data.length;
  }
  return bytes;
}
