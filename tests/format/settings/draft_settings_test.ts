import { assertEquals } from "@std/assert";
import { draftSettingsRecords } from "../../../src/format/settings/draft_settings.ts";
import { DataError } from "../../../src/format/errors.ts";
import { Fields } from "../../../src/format/json.ts";
import { assertFails } from "../support.ts";

const RECORDS = draftSettingsRecords(["autoregressive", "hidden-transfer", "combined"]);
const RECORD = { method: "hidden-transfer", nodes: 4, tree: [[0], [1], [0, 0]], carry: 0 };

function read(record: Record<string, unknown>) {
  return RECORDS.readSettings(new Fields(record, "tuning.json"));
}

Deno.test("trees are read with and without a shape of their own, and written as they were", () => {
  const { method, nodes, tree: paths } = RECORD;
  assertEquals(read(RECORD), { method, nodes, paths, inPassNodes: 0 });
  const other = { ...RECORD, method: "combined", tree: null };
  assertEquals(read(other), { method: "combined", nodes, inPassNodes: 0 });
  for (const record of [RECORD, other, { ...RECORD, nodes: 64, carry: 64 }]) {
    assertEquals(RECORDS.writeSettings(read(record)), record);
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
    const run = () => Promise.resolve().then(() => read({ ...RECORD, ...change }));
    await assertFails(run, DataError, ["tuning.json", ...parts]);
  });
}
