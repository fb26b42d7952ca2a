import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import {
  openTransferMaps,
  TOKEN_MAP_NAMES,
  transferMapName,
  writeTransferMaps,
} from "../../../src/format/trained/transfer_maps.ts";
import { withFile } from "../support.ts";

const SIZE = 8;
const VOCABULARY = 11;
const CONFIG = { hiddenSize: SIZE, layerCount: 4, vocabSize: VOCABULARY };
const BASE = "the base's fingerprint";

function numbers(first: number, rows = SIZE): Float32Array {
  return Float32Array.from({ length: rows * SIZE }, (_, i) => first + i / 64);
}

Deno.test("maps that are written are read back, with and without those of the token", async () => {
  for (
    const token of [undefined, { layer: 1, fromState: numbers(7), states: numbers(9, VOCABULARY) }]
  ) {
    await withFile(null, async (path) => {
      await writeTransferMaps(path, {
        layers: [2, 2],
        maps: [numbers(1), numbers(3)],
        token,
        baseFingerprint: BASE,
        training: { seed: 4 },
      });
      using maps = await openTransferMaps(path, CONFIG, BASE);
      assertEquals([maps.steps, maps.layers, maps.tokenLayer], [2, [2, 2], token ? 1 : null]);
      assertEquals(JSON.parse(maps.training), { seed: 4 });
      const names = [transferMapName(1), transferMapName(2), ...Object.values(TOKEN_MAP_NAMES)];
      const expected = [1, 3, 7, 9].slice(0, token ? 4 : 2);
      assertEquals(maps.tensors.tensors.size, expected.length);
      for (const [i, first] of expected.entries()) {
        const rows = first === 9 ? VOCABULARY : SIZE;
        const bytes = await maps.tensors.read(names[i], 0, 2 * rows * SIZE);
        const found = new Float16Array(bytes.slice().buffer);
        assertEquals([...found], [...Float16Array.from(numbers(first, rows))]);
      }
    });
  }
});

const METADATA = {
  format: "foretoken.hidden-transfer",
  format_version: "2",
  steps: "2",
  layers: "2,2",
  base_fingerprint: BASE,
};

const FAULTS: readonly [change: Record<string, string>, says: string][] = [
  [{ format: "other" }, 'metadata key "format": found "other"'],
  [{ format_version: "3" }, "use the foretoken that wrote it"],
  [{ base_fingerprint: "another" }, "(found base fingerprint another, expected the base's f)"],
  [{ steps: "9" }, "an integer from 1 to 8"],
  [{ layers: "2,4" }, "2 layers from 0 to 3, none below the one before"],
  [{ layers: "2,1" }, "none below the one before"],
  [{ steps: "3", layers: "2,2,2" }, "transfer.3.weight"],
  [{ token_layer: "3" }, "an integer from 0 to 2"],
  [{ token_layer: "1", layers: "2,3" }, "one layer for all steps"],
  [{ token_layer: "1" }, "token.from_state.weight"],
];

for (const [change, says] of FAULTS) {
  Deno.test(`a file of maps is refused in one line: ${JSON.stringify(change)}`, async () => {
    await withFile(null, async (path) => {
      const tensors = [1, 2].map((step) => ({
        name: transferMapName(step),
        dtype: "F32" as const,
        shape: [SIZE, SIZE],
        data: new Uint8Array(4 * SIZE ** 2),
      }));
      await writeSafetensors(path, tensors, { ...METADATA, ...change });
      const open = () => openTransferMaps(path, CONFIG, BASE);
      const error = await assertRejects(open, DataError, says);
      assertEquals(error.message.includes(path), true);
      assertEquals(error.message.includes("\n"), false);
    });
  });
}
