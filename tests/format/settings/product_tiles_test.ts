import { assertEquals } from "@std/assert";
import { DeviceRecords } from "../../../src/format/settings/device_records.ts";
import { tileRecords } from "../../../src/format/settings/product_tiles.ts";
import { DataError } from "../../../src/format/errors.ts";
import { assertFails, withFile } from "../support.ts";

const [ONE, OTHER, FOUR] = [
  { rows: 1, input: "staged" },
  { rows: 1, input: "direct" },
  { rows: 4, input: "direct" },
];
const MEASUREMENT = { milliseconds: { tuned: 2, plain: 3 }, date: "2026-01-31" };

const recordsIn = (place: string) =>
  new DeviceRecords(tileRecords([ONE, OTHER, FOUR]), { fingerprint: "code", places: [place] });

Deno.test("tiles are found again, with the one for many rows or without", async () => {
  await withFile(null, async (path) => {
    const records = recordsIn(path);
    const [some, all] = [{ tiles: [OTHER, FOUR] }, { tiles: [ONE, FOUR], manyRowsTile: ONE }];
    await records.keep("a GPU", { ...some, ...MEASUREMENT });
    await records.keep("another", { ...all, ...MEASUREMENT });
    assertEquals(await records.find("a GPU"), { ...some, ...MEASUREMENT });
    assertEquals(await records.find("another"), { ...all, ...MEASUREMENT });
    assertEquals(await records.find("a third"), null);
  });
});

Deno.test("tiles that are not known, or of other rows, are refused by name", async () => {
  const fileOf = (tiles: unknown, many_rows: unknown = null) =>
    JSON.stringify({
      format: "foretoken.tiles",
      fingerprint: "code",
      devices: { "a GPU": { tiles, many_rows, ...MEASUREMENT } },
    });
  const files: [content: string, key: string][] = [
    [fileOf(undefined), "tiles"],
    [fileOf("tiles"), "tiles"],
    [fileOf([]), "tiles"],
    [fileOf([FOUR]), "tiles"],
    [fileOf([FOUR, ONE]), "tiles"],
    [fileOf([ONE, OTHER, FOUR]), "tiles"],
    [fileOf([ONE, null, FOUR]), "tiles"],
    [fileOf([ONE, { rows: 8, input: "direct" }]), "tiles"],
    [fileOf([ONE, { rows: 4 }]), "tiles"],
    [fileOf([ONE, FOUR], { rows: "4", input: "direct" }), "many_rows"],
    [fileOf([ONE, FOUR], 4), "many_rows"],
  ];
  for (const [content, key] of files) {
    await withFile(content, async (path) => {
      const find = () => recordsIn(path).find("a GPU");
      await assertFails(find, DataError, [path, key, "foretoken tune"]);
    });
  }
});
