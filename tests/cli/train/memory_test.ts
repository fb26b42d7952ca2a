/** What a training run takes is counted before anything is loaded. */
import { assertEquals, assertRejects } from "@std/assert";
import { runMemory } from "../../../src/cli/train/train.ts";
import { DEMO_FOLDER } from "../../../src/engine/demo_folder.ts";
import { planMemory, requireMemory } from "../../../src/engine/memory/memory_plan.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { OutOfMemoryError } from "../../../src/gpu/errors.ts";
import { planTransfer } from "../../../src/train/hidden_transfer/transfer_plan.ts";
import { planMedusa } from "../../../src/train/medusa/medusa_plan.ts";
import type { TrainingPlan } from "../../../src/train/plan.ts";
import { openWriter } from "../../../src/train/texts/self_texts.ts";
import type { TrainingTexts } from "../../../src/train/texts/texts.ts";
import { withGpu } from "../../gpu/with_gpu.ts";

const LENGTH = 48;
const OPTIONS = { steps: 2, loss: "kl", batch: 2, sequenceLength: LENGTH } as const;

const TEXTS: TrainingTexts = {
  count: 2,
  text: (index) => Promise.resolve(Uint32Array.from({ length: LENGTH }, (_, i) => 50 * index + i)),
};

withGpu("the plan of a run is what it takes, and what does not fit is refused", async (gpu) => {
  const folder = await ModelFolder.open(DEMO_FOLDER);
  using tensors = await Safetensors.open(DEMO_FOLDER);
  const { name, config } = folder;
  const choices = { form: "token", tokenLayer: 1, start: "ridge", draftTokens: 512 } as const;
  const plans: TrainingPlan[] = [
    planTransfer({ ...OPTIONS, ...choices }, config),
    planMedusa(OPTIONS, config),
  ];
  for (const planned of plans) {
    const memory = { contextLength: LENGTH, ...runMemory({ length: LENGTH, self: 9 }, planned) };
    const request = { name, config, tensors, ...memory };
    const plan = await planMemory(gpu, request);
    const before = gpu.liveBytes;
    using model = await folder.loadOn(gpu, { contextLength: LENGTH });
    using _trainee = await planned.create(model, TEXTS);
    using _writer = openWriter(model, { length: LENGTH });
    assertEquals(gpu.liveBytes - before, plan.total);
    await assertRejects(
      () => requireMemory(gpu, request, plan.total - 1),
      OutOfMemoryError,
      "of memory are free; a smaller --length takes less",
    );
    await requireMemory(gpu, request, plan.total);
  }
});
