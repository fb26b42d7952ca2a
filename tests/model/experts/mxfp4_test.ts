/** Experts in MXFP4 are loaded with the whole model, which has no quantised parts besides. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
import { dequantise } from "../../../src/model/checkpoint/dequantise.ts";
import { loadTransformer } from "../../../src/model/loading/load.ts";
import { readConfig } from "../../../src/model/read_config.ts";
import { assertFails } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { rawModel, withModel } from "../checkpoint/altered_model.ts";

const LAYER = "model.layers.1";
const FOLDER = fromFileUrl(new URL("../../golden/quantised/mxfp4", import.meta.url));

for (const module of ["self_attn.q_proj", "mlp.router", "mlp.experts.gate_proj"]) {
  for (const part of ["blocks", "scales"]) {
    withGpu(`a part ${part} of ${module} is refused`, async (gpu) => {
      const { config, tensors: raw } = await rawModel("mxfp4");
      const name = `${LAYER}.${module}_${part}`;
      raw[name] = { dtype: "U8", shape: [64, 2, 16], data: new Uint8Array(64 * 2 * 16) };
      await withModel({ config, tensors: raw }, async ({ tensors }) => {
        const read = await readConfig(FOLDER);
        await assertFails(() => loadTransformer(gpu, read, tensors), DataError, [`"${name}"`]);
      });
    });
  }
}

Deno.test("powers of two are exact for every exponent with which 6 is a single float", async () => {
  const { config, tensors: raw } = await rawModel("mxfp4");
  const module = `${LAYER}.mlp.experts.gate_up_proj`;
  // 6, then −6, with exponents in turn.
  raw[`${module}_blocks`].data.fill(0xf7);
  const scales = raw[`${module}_scales`].data;
  scales.forEach((_, group) => scales[group] = group % 253);
  await withModel({ config, tensors: raw }, async ({ tensors, quantization }) => {
    const place = { tensors: tensors.unstacked(), module, rows: 320, inner: 64, stack: 5 };
    const matrix = quantization!.open(place)!;
    const expected = Float32Array.from(
      { length: 320 * 64 },
      (_, i) => (i % 2 ? -6 : 6) * 2 ** (Math.floor(i / 32) % 253 - 127),
    );
    assertEquals(dequantise(await matrix.read(0, 320), matrix), expected);
  });
});
