import { assert, assertEquals } from "@std/assert";
import { goldenCases } from "../reference_test/demo_weights.ts";
import { DECODING_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { demoModel } from "./demo_model.ts";
import { Forward } from "./forward.ts";

/** Stated with the golden numbers for logits computed in f32. */
const TOLERANCE = 2e-3;

const cases = await goldenCases();

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(`${title}: the demo model's logits are another implementation's`, async (gpu) => {
    using model = await demoModel(gpu);
    using forward = new Forward(model, model.contextLength, "f32");
    for (const { prompt, prompt_ids, ...golden } of cases) {
      const all = await forward.runText(prompt_ids);
      const logits = all.slice(-model.config.vocabSize);
      const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);
      const top = golden.last_logits_top;
      const within = (found: number, expected: number, what: string) => {
        const isClose = Math.abs(found - expected) <= TOLERANCE;
        assert(
          isClose,
          `${what} after ${JSON.stringify(prompt)} is ${found}, expected ${expected}`,
        );
      };
      for (const [id, logit] of top) within(logits[id], logit, `logit of ${id}`);
      assertEquals(order.slice(0, 4), top.slice(0, 4).map(([id]) => id), prompt);
      // 4096 logits: their sum may be off by as many errors, their norm by one of them.
      within(
        logits.reduce((a, b) => a + b, 0) / logits.length,
        golden.last_logits_sum / logits.length,
        "the mean logit",
      );
      const norm = Math.sqrt(logits.reduce((sum, logit) => sum + logit * logit, 0));
      within(norm, golden.last_logits_norm, "the norm of the logits");
    }
  }, options);
}
