import { assertEquals } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { Fields } from "../../../src/format/json.ts";
import {
  selfSpeculations,
  type SelfSpeculationSettings,
} from "../../../src/format/settings/self_speculation.ts";
import { assertFails } from "../support.ts";

const SETTINGS: SelfSpeculationSettings = {
  attention: [1, 3],
  mlp: [],
  drafts: 4,
  confidence: 0.5,
};

/** Reads the settings for a model of four layers. */
function read(record: Record<string, unknown>): SelfSpeculationSettings {
  return selfSpeculations(4).readSettings(new Fields(record, "self.json"));
}

Deno.test("settings are read as they are", () => {
  assertEquals(read({ ...SETTINGS }), SETTINGS);
});

const FAULTS: readonly [change: Record<string, unknown>, parts: string[]][] = [
  [{ attention: [4] }, ['key "attention"', "found [4]", "expected layers from 0 to 3"]],
  [{ attention: [-1] }, ['key "attention"', "found [-1]", "expected layers from 0 to 3"]],
  [{ mlp: [0.5] }, ['key "mlp"', "found [0.5]", "expected layers from 0 to 3"]],
  [{ mlp: "0" }, ['key "mlp"', 'found "0"', "expected layers from 0 to 3"]],
  [{ drafts: 9 }, ['key "drafts"', "found 9", "expected an integer from 0 to 8"]],
  [{ drafts: 1.5 }, ['key "drafts"', "found 1.5", "expected an integer from 0 to 8"]],
  [{ confidence: 1.1 }, ['key "confidence"', "found 1.1", "expected a number from 0 to 1"]],
  [{ confidence: "high" }, ['key "confidence"', 'found "high"', "expected a number from 0 to 1"]],
];

for (const [change, parts] of FAULTS) {
  Deno.test(`settings that the model cannot have are refused: ${parts.join(", ")}`, async () => {
    const run = () => Promise.resolve().then(() => read({ ...SETTINGS, ...change }));
    await assertFails(run, DataError, ["self.json", ...parts]);
  });
}
