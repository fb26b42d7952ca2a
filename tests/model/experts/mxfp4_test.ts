/** Experts in MXFP4 are loaded with the whole model, which has no quantised parts besides. */
import { fromFileUrl } from "@std/path";
import { DataError } from "../../../src/format/errors.ts";
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
