/** Training can go on from the maps of a file, if they are those that are to be trained. */

import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { writeTransferMaps } from "../../../src/format/trained/transfer_maps.ts";
import { mapsOf } from "../../../src/train/hidden_transfer/first_maps/transfer_start.ts";
import { withFile } from "../../format/support.ts";
import { tiny } from "../../model/random_model.ts";

const CONFIG = tiny({ layerCount: 4, hiddenSize: 8, vocabSize: 11 });
const ABOUT = { baseFingerprint: "base", training: {} };
const matrix = (first: number, rows = 8) =>
  Float32Array.from({ length: 8 * rows }, (_, i) => first + i / 64);

Deno.test("training begins with the maps of a file, those of the token last", async () => {
  await withFile(null, async (path) => {
    const token = { layer: 1, fromState: matrix(5), fromToken: matrix(7) };
    const layers = [2, 2];
    await writeTransferMaps(path, { layers, maps: [matrix(1), matrix(3)], token, ...ABOUT });
    assertEquals(
      await mapsOf(path, CONFIG, { layers, tokenLayer: 1 }),
      [1, 3, 5, 7].map((first) => matrix(first)),
    );
    const refused = (layers: readonly number[], tokenLayer: number | null) =>
      assertRejects(
        () => mapsOf(path, CONFIG, { layers, tokenLayer }),
        DataError,
        "found maps into the layers 2,2 from a token that has passed 1, expected maps into",
      );
    await refused([2, 2, 2], 1);
    await refused([3, 3], 1);
    await refused([2, 2], null);
  });
});

Deno.test("training cannot begin with the states of tokens, which U cannot be told from", async () => {
  await withFile(null, async (path) => {
    const token = { layer: 1, fromState: matrix(5), states: matrix(7, 11) };
    await writeTransferMaps(path, { layers: [2], maps: [matrix(1)], token, ...ABOUT });
    const begin = () => mapsOf(path, CONFIG, { layers: [2], tokenLayer: 1 });
    await assertRejects(begin, DataError, "has the states of all tokens");
  });
});
