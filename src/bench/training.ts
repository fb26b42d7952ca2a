/**
 * Measures training on the demo model, or on that of a folder: `deno task bench:training [FOLDER]`. How
 * fast the model writes its own texts, and a text's way through the trainer, forward and back. Kernels of
 * one kind are timed together, beside the whole and the floor: the products that cannot be left out, at
 * the rate that the LM head reaches in the same run.
 */
import { DEMO_FOLDER } from "../engine/demo_folder.ts";
import { ModelFolder } from "../engine/model_folder.ts";
import { requestGpu } from "../gpu/request_gpu.ts";
import { isDispatch } from "../gpu/commands.ts";
import type { Dispatch } from "../gpu/kernel.ts";
import { createActivations, freeActivations } from "../model/activations.ts";
import type { ModelConfig } from "../model/config.ts";
import type { Transformer } from "../model/transformer.ts";
import { textRow, writeRows } from "../ops/rows.ts";
import { MedusaTrainee } from "../train/medusa/medusa_trainee.ts";
import type { Trainee } from "../train/trainee.ts";
import { TransferTrainee } from "../train/hidden_transfer/transfer_trainee.ts";
import { reportOwnTexts } from "./own_texts.ts";
import { duration } from "./report/numbers.ts";
import { table } from "./report/table.ts";
import { layerWeights } from "../model/text_work.ts";
import { type Timed, timeInterleaved } from "./timing/rounds.ts";

const STEPS = 4;
const LENGTH = 256;
const SETTINGS = { loss: "kl", batch: 8, sequenceLength: LENGTH } as const;

/** Rounds are long, since a text is; few of them are enough. */
const TIMING = { rounds: 5, roundSeconds: 0 };

async function main(): Promise<void> {
  using gpu = await requestGpu();
  using model = await (await ModelFolder.open(Deno.args[0] ?? DEMO_FOLDER)).loadOn(gpu);
  console.log(`${gpu.name}; ${navigator.hardwareConcurrency} processor threads`);
  const { config } = model;
  const layer = Math.floor(config.layerCount * 5 / 8);
  const layers = Array.from({ length: STEPS }, () => layer);
  console.log("\nThe model's own texts\n");
  console.log(await reportOwnTexts(model));
  {
    const settings = { ...SETTINGS, layers, tokenLayer: 1, start: "identity" } as const;
    using trainee = new TransferTrainee(model, settings);
    const flops = transferFlops(config, layer);
    console.log(`\nHidden transfer, ${STEPS} steps from layer ${layer}, ${LENGTH} tokens\n`);
    console.log(await reportPass(model, trainee, flops));
  }
  {
    using trainee = new MedusaTrainee(model, { ...SETTINGS, heads: STEPS });
    console.log(`\nMedusa, ${STEPS} heads, ${LENGTH} tokens\n`);
    console.log(await reportPass(model, trainee, medusaFlops(config)));
  }
}

/** Kernels by name, the whole and the floor; `flops` are those of the products. */
async function reportPass(model: Transformer, trainee: Trainee, flops: number): Promise<string> {
  const { gpu, config } = model;
  trainee.parameters.write({ weights: await trainee.start(NO_TEXTS) });
  await trainee.pass.text.run(
    Uint32Array.from({ length: LENGTH }, (_, i) => 7919 * i % config.vocabSize),
    {
      withGradients: true,
    },
  );
  await gpu.idle();
  const all = trainee.pass.text.steps.training.filter(isDispatch);
  const groups = Map.groupBy(all, ({ label }) => label);
  const head = createActivations(model, { capacity: LENGTH, logitRows: LENGTH, ancestorRoom: 1 });
  writeRows(gpu, head.batch, Array.from({ length: LENGTH }, (_, i) => textRow(0, i)));
  const timed = (label: string, dispatches: readonly Dispatch[]): Timed => ({
    label,
    dispatches,
    repeats: 1,
  });
  const things = [
    timed("whole", all),
    timed("head", model.logits(LENGTH, head)),
    ...[...groups].map(([label, dispatches]) => timed(label, dispatches)),
  ];
  const [whole, headSeconds, ...seconds] = await timeInterleaved(gpu, things, TIMING);
  freeActivations(gpu, head);
  const rate = 2 * LENGTH * config.vocabSize * config.hiddenSize / headSeconds;
  const row = (label: string, count: string, time: number) => [
    label,
    count,
    duration(time),
    `${(100 * time / whole).toFixed(1)} %`,
    (LENGTH / time).toFixed(0),
  ];
  const kernels = things.slice(2)
    .map(({ label, dispatches }, i) => ({ label, count: dispatches.length, time: seconds[i] }))
    .sort((a, b) => b.time - a.time);
  return table([
    ["kernel", "dispatches", "time per text", "of the whole", "tokens/s"],
    ...kernels.map(({ label, count, time }) => row(label, `${count}`, time)),
    row("whole", `${all.length}`, whole),
    row(`floor, ${(rate / 1e9).toFixed(1)} GFLOP/s`, "", flops / rate),
  ]);
}

/** Operations of the text's own forward pass, its logits included. */
function textFlops(config: ModelConfig): number {
  const { layerCount, vocabSize, hiddenSize } = config;
  return 2 * LENGTH * (layerCount * layerWeights(config) + vocabSize * hiddenSize);
}

/**
 * Pseudo rows and their logits forward and back; maps and U forward and their gradients; the tokens alone
 * through a layer.
 */
function transferFlops(config: ModelConfig, layer: number): number {
  const { layerCount, vocabSize, hiddenSize } = config;
  const perRow = (layerCount - layer) * layerWeights(config) + vocabSize * hiddenSize;
  const maps = (2 * STEPS + 2) * LENGTH * hiddenSize ** 2;
  // The gradient of U needs each map's product with the gradients of its rows.
  const states = STEPS * LENGTH * hiddenSize ** 2;
  const alone = LENGTH * layerWeights(config);
  return textFlops(config) + 2 * (2 * STEPS * LENGTH * perRow + maps + states + alone);
}

/** Inner matrices forward and their gradients; output matrices forward, back and their gradients. */
function medusaFlops(config: ModelConfig): number {
  const { vocabSize, hiddenSize } = config;
  const perRow = 2 * hiddenSize ** 2 + 3 * vocabSize * hiddenSize;
  return textFlops(config) + 2 * STEPS * LENGTH * perRow;
}

/** The starts that are used here look at no text. */
const NO_TEXTS = {
  count: 0,
  text: () => Promise.reject(new RangeError("there are no texts")),
};

if (import.meta.main) await main();
