/** There is no way back through experts: maps below them are not trained. */
import { assertEquals, assertThrows } from "@std/assert";
import { planTransfer } from "../../../src/train/hidden_transfer/transfer_plan.ts";
import { OptionError } from "../../../src/train/plan.ts";
import { TINY_ARCHITECTURES } from "../../model/goldens/tiny_architectures.ts";

const OPTIONS = {
  steps: 2,
  loss: "kl",
  batch: 2,
  sequenceLength: 16,
  form: "plain",
  tokenLayer: 0,
  start: "ridge",
  draftTokens: 64,
} as const;

Deno.test("maps are not trained below layers with experts", () => {
  const config = TINY_ARCHITECTURES.find(({ architecture }) =>
    architecture.startsWith("Qwen2Moe")
  )!;
  // The layer in the middle has none.
  assertThrows(
    () => planTransfer({ ...OPTIONS, layers: [1] }, config),
    OptionError,
    "layers 1: gradients do not go back through layers with experts",
  );
  const dense = config.layers[1];
  const above = { ...config, layers: [config.layers[0], dense, dense] };
  assertEquals(planTransfer({ ...OPTIONS, layers: [1] }, above).settings.layers, [1, 1]);
});
