/** Rows of quantised matrices are the same however many of them are read at once. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { encodeSafetensors, Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { ColumnTiles } from "../../../src/model/checkpoint/column_tiles.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { withFile } from "../../format/support.ts";
import { QUANTISED_GOLDENS, rawModel, withModel } from "./altered_model.ts";

/** Rows that are read at once, in turn: gates are read by fours, heads by more. */
const COUNTS = [4, 12, 8, 20];

for (const { name: kind } of Deno.readDirSync(QUANTISED_GOLDENS)) {
  Deno.test(`${kind}: rows that are read in parts are those read at once`, async () => {
    const folder = join(QUANTISED_GOLDENS, kind);
    const { quantization } = await readConfig(folder);
    const { sizes } = JSON.parse(await Deno.readTextFile(join(folder, "golden.json")));
    using file = await Safetensors.open(folder);
    const tensors = file.unstacked();
    for (const [module, size] of Object.entries<number[]>(sizes)) {
      const inner = size.at(-1)!;
      const rows = size.slice(0, -1).reduce((product, length) => product * length, 1);
      const stack = size.length === 3 ? size[0] : undefined;
      const matrix = quantization!.open({ tensors, module, rows, inner, stack })!;
      const whole = await matrix.read(0, rows);
      const weights: number[] = [];
      const scales: number[] = [];
      for (let first = 0, part = 0; first < rows; part++) {
        const count = Math.min(COUNTS[part % COUNTS.length], rows - first);
        const read = await matrix.read(first, count);
        weights.push(...read.weights);
        scales.push(...read.scales!);
        first += count;
      }
      assertEquals(Uint8Array.from(weights), whole.weights, module);
      assertEquals(Uint8Array.from(scales), whole.scales, module);
    }
  });
}

Deno.test("a bias of zeros that no plan asks for belongs to a module of GPTQ, another does not", async () => {
  const module = "model.layers.0.self_attn.q_proj";
  for (const [value, isKnown] of [[0, true], [0x3c, false]] as const) {
    const { tensors: raw, config, sizes } = await rawModel("gptq-8b-v2-ordered");
    const [rows, inner] = sizes[module];
    const data = new Uint8Array(2 * rows).fill(value);
    raw[`${module}.bias`] = { dtype: "F16", shape: [rows], data };
    await withModel({ config, tensors: raw }, ({ tensors, quantization }) => {
      const matrix = quantization!.open({ tensors, module, rows, inner })!;
      assertEquals(matrix.tensors.includes(`${module}.bias`), isKnown);
      return Promise.resolve();
    });
  }
});

Deno.test("codes of bitsandbytes are the same where their bytes are said to be floats", async () => {
  const module = "model.layers.0.self_attn.q_proj";
  const read = async (dtype: string, size: number) => {
    const { tensors: raw, config, sizes } = await rawModel("bnb-nf4-double");
    const [rows, inner] = sizes[module];
    const shape = [rows * inner / 2 / size, 1];
    raw[`${module}.weight`] = { ...raw[`${module}.weight`], dtype, shape };
    let weights: Uint8Array | undefined;
    await withModel({ config, tensors: raw }, async ({ tensors, quantization }) => {
      const matrix = quantization!.open({ tensors, module, rows, inner })!;
      weights = (await matrix.read(0, rows)).weights;
    });
    return weights;
  };
  const bytes = await read("U8", 1);
  assertEquals(await read("BF16", 2), bytes);
  assertEquals(await read("F32", 4), bytes);
});

Deno.test("columns of a tensor are read in tiles, of which some are asked for together", async () => {
  const [rows, columns] = [5, 23];
  const numbers = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const data = new Uint8Array(numbers.buffer);
  const file = encodeSafetensors([{ name: "x", dtype: "F32", shape: [rows, columns], data }]);
  await withFile(file, async (path) => {
    using tensors = await Safetensors.openFile(path);
    const tiles = new ColumnTiles(tensors, "x", { rows, columns, size: 4 }, 6 * rows * 4);
    for (const [first, count] of [[0, 4], [3, 3], [5, 2], [7, 9], [16, 5], [20, 3], [0, 23]]) {
      const found = new Float32Array((await tiles.read(first, count)).buffer);
      const expected = Float32Array.from(
        { length: rows * count },
        (_, i) => numbers[Math.floor(i / count) * columns + first + i % count],
      );
      assertEquals(found, expected);
    }
  });
});
