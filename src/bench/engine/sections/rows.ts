import { ModelFolder } from "../../../engine/model_folder.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { FREE, measureRowTimes } from "../../timing/row_times.ts";
import { duration } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import { copyBandwidth } from "../bandwidth.ts";
import { withScratch } from "../scratch.ts";
import { LARGE, type LlamaSizes, SEVEN_BILLION, writeSparseModel } from "../sparse_model.ts";
import { byteLengthOf, fillWithNumbers } from "../weights.ts";

/** Layers of the model where all of them would take too long or too much memory. */
const SOFTWARE_LAYERS = 2;

/** Forward time by rows of models in the shapes of Llama 2 7B and a 1.1B, with random weights. */
export async function* reportRows(gpu: Gpu): AsyncGenerator<string> {
  const bandwidth = await copyBandwidth(gpu);
  for (const sizes of gpu.isSoftware ? [SEVEN_BILLION] : [SEVEN_BILLION, LARGE]) {
    for (const fourBits of [false, true]) yield await reportShape(gpu, sizes, fourBits, bandwidth);
  }
}

async function reportShape(
  gpu: Gpu,
  sizes: LlamaSizes,
  fourBits: boolean,
  bandwidth: number,
): Promise<string> {
  const allLayers = sizes.num_hidden_layers;
  const layers = gpu.isSoftware ? SOFTWARE_LAYERS : allLayers;
  return await withScratch(async (folder) => {
    await writeSparseModel(folder, { ...sizes, num_hidden_layers: layers }, { fourBits });
    using model = await (await ModelFolder.open(folder)).loadOn(gpu);
    const matrices = [...new Set(model.matrices())];
    for (const matrix of matrices) fillWithNumbers(gpu, matrix);
    const bytes = byteLengthOf(matrices);
    const { times, freeRows } = await measureRowTimes(model);
    return `  ${sizes.hidden_size} wide, ${layers} of ${allLayers} layers and the head, ${
      (bytes / 1e9).toFixed(1)
    } GB of ${fourBits ? "codes of four bits" : "F16"}, at the speed of a copy ${
      duration(bytes / bandwidth)
    }.\n` +
      `  ${freeRows} rows take at most ${FREE} times as long as one.\n` +
      table([
        ["rows", "time", "× one row", "GB/s of weights"],
        ...times.map(({ rows, seconds, ratio }) => [
          `${rows}`,
          duration(seconds),
          ratio.toFixed(2),
          (bytes / seconds / 1e9).toFixed(1),
        ]),
      ]);
  });
}
