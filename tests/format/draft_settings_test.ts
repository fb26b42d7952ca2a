import { assertEquals } from "@std/assert";
import { DataError } from "../../src/format/errors.ts";
import { Fields } from "../../src/format/json.ts";
import { type TreeTuning, TUNINGS } from "../../src/format/draft_settings.ts";
import { assertFails } from "./support.ts";

const TUNING: TreeTuning = {
  method: "hidden-transfer",
  nodes: 4,
  tree: [[0], [1], [0, 0]],
  carry: 0,
};

function read(record: Record<string, unknown>): TreeTuning {
  return TUNINGS.readSettings(new Fields(record, "tuning.json"));
}

Deno.test("trees are read with and without a shape of their own", () => {
  const other = { ...TUNING, method: "combined", tree: null };
  for (const tuning of [TUNING, other, { ...TUNING, nodes: 64, carry: 64 }]) {
    assertEquals(read({ ...tuning }), tuning as TreeTuning);
  }
});

const FAULTS: readonly [change: Record<string, unknown>, parts: string[]][] = [
  [{ method: undefined }, ['key "method"', "found nothing", "one of autoregressive, hidden-"]],
  [{ method: "medusa" }, ['key "method"', 'found "medusa"']],
  [{ nodes: 65 }, ['key "nodes"', "found 65", "expected an integer from 1 to 64"]],
  [{ nodes: undefined }, ['key "nodes"', "found nothing", "expected an integer"]],
  [{ carry: 5 }, ['key "carry"', "found 5", "expected an integer from 0 to 4"]],
  [{ tree: [0] }, ['key "tree"', "found [0]", "expected rank paths, such as [[0],[1],[0,0]]"]],
  [{ tree: [["0"]] }, ['key "tree"', "found [an array]", "expected rank paths"]],
  [{ tree: "wide" }, ['key "tree"', 'found "wide"', "expected rank paths"]],
];

for (const [change, parts] of FAULTS) {
  Deno.test(`a tree that is none is refused: ${parts.join(", ")}`, async () => {
    const run = () => Promise.resolve().then(() => read({ ...TUNING, ...change }));
    await assertFails(run, DataError, ["tuning.json", ...parts]);
  });
}
