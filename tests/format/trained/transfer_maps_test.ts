import { assertEquals, assertRejects } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import { PARENT_FACTOR_NAMES } from "../../../src/format/trained/parent_factors.ts";
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

const WITH_STATES = { layer: 1, fromState: numbers(7), states: numbers(9, VOCABULARY) };
const WITH_MAP = { layer: 1, fromState: numbers(7), fromToken: numbers(9) };
const { fromState, fromToken, states } = TOKEN_MAP_NAMES;

for (
  const { title, token, names, draftTokens, parents } of [
    { title: "of the state alone", names: [] },
    { title: "with the states of all tokens", token: WITH_STATES, names: [fromState, states] },
    { title: "with U", token: WITH_MAP, names: [fromState, fromToken] },
    { title: "for some tokens", names: [], draftTokens: Uint32Array.of(0, 3, 10) },
    {
      title: "with factors of some tokens",
      names: PARENT_FACTOR_NAMES,
      draftTokens: Uint32Array.from({ length: SIZE }, (_, i) => i),
      parents: { rank: SIZE, factors: Float32Array.of(...numbers(7), ...numbers(9)) },
    },
  ]
) {
  Deno.test(`maps that are written are read back, ${title}`, async () => {
    await withFile(null, async (path) => {
      await writeTransferMaps(path, {
        layers: [2, 2],
        maps: [numbers(1), numbers(3)],
        token,
        draftTokens,
        parents,
        baseFingerprint: BASE,
        training: { seed: 4 },
      });
      using maps = await openTransferMaps(path, CONFIG);
      assertEquals([maps.steps, maps.layers, maps.tokenLayer], [2, [2, 2], token ? 1 : null]);
      assertEquals(maps.hasStates, names.some((name) => name === states));
      assertEquals(maps.draftTokens, draftTokens ?? null);
      assertEquals(maps.parentRank, parents?.rank ?? null);
      assertEquals(maps.tensors.metadata.get("training"), '{"seed":4}');
      const all = [transferMapName(1), transferMapName(2), ...names];
      assertEquals(maps.tensors.tensors.size, all.length + (draftTokens ? 1 : 0));
      for (const [i, name] of all.entries()) {
        const rows = name === states ? VOCABULARY : SIZE;
        const bytes = await maps.tensors.read(name, 0, 2 * rows * SIZE);
        const found = new Float16Array(bytes.slice().buffer);
        assertEquals([...found], [...Float16Array.from(numbers([1, 3, 7, 9][i], rows))]);
      }
    });
  });
}

const WRONG_TOKENS: readonly [tokens: readonly number[], says: string][] = [
  [[], "found F32 [0], expected F32 [1 … 11]"],
  [[0, 3, 11], "found token 11, expected tokens below 11"],
  [[0, 3, 3], "found 3 at 2, expected whole numbers in ascending order"],
  [[0.5], "found 0.5 at 0"],
  [[NaN], "found NaN at 0"],
  [[-1], "found -1 at 0"],
];

for (const [tokens, says] of WRONG_TOKENS) {
  Deno.test(`draft tokens that are none are refused in one line: [${tokens}]`, async () => {
    await withFile(null, async (path) => {
      const data = new Uint8Array(Float32Array.from(tokens).buffer);
      const list = { name: "draft.tokens", dtype: "F32" as const, shape: [tokens.length], data };
      await writeSafetensors(path, [...mapTensors(), list], METADATA);
      const error = await assertRejects(
        () => openTransferMaps(path, CONFIG),
        DataError,
        says,
      );
      assertEquals(error.message.includes("\n"), false);
    });
  });
}

const WRONG_FACTORS: readonly [shapes: readonly number[][], says: string][] = [
  [
    [[VOCABULARY, 6], [VOCABULARY, 6]],
    "found shape [11, 6], expected [11, a multiple of 4 up to 128]",
  ],
  [[[VOCABULARY], [VOCABULARY]], "found shape [11]"],
  [[[VOCABULARY, 0], [VOCABULARY, 0]], "found shape [11, 0]"],
  [[[VOCABULARY, 132], [VOCABULARY, 132]], "found shape [11, 132]"],
  [[[VOCABULARY, 8], [VOCABULARY, 4]], "child.factors"],
  [[[10, 8], [10, 8]], "parent.factors"],
  [[[VOCABULARY, 8]], "child.factors"],
];

for (const [shapes, says] of WRONG_FACTORS) {
  Deno.test(`factors that fit no tokens are refused in one line: ${JSON.stringify(shapes)}`, async () => {
    await withFile(null, async (path) => {
      const factors = shapes.map((shape, i) => ({
        name: PARENT_FACTOR_NAMES[i],
        dtype: "F32" as const,
        shape,
        data: new Uint8Array(4 * shape.reduce((size, length) => size * length, 1)),
      }));
      await writeSafetensors(path, [...mapTensors(), ...factors], METADATA);
      const error = await assertRejects(() => openTransferMaps(path, CONFIG), DataError, says);
      assertEquals(error.message.includes("\n"), false);
    });
  });
}

function mapTensors() {
  return [1, 2].map((step) => ({
    name: transferMapName(step),
    dtype: "F32" as const,
    shape: [SIZE, SIZE],
    data: new Uint8Array(4 * SIZE ** 2),
  }));
}

const METADATA = {
  format: "foretoken.hidden-transfer",
  format_version: "2",
  steps: "2",
  layers: "2,2",
  base_fingerprint: BASE,
};

const FAULTS: readonly [change: Record<string, string>, says: string][] = [
  [{ format: "other" }, 'metadata key "format": found "other"'],
  [{ format_version: "4" }, "use the foretoken that wrote it"],
  [{ base_fingerprint: "" }, "the fingerprint of a model"],
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
      await writeSafetensors(path, mapTensors(), { ...METADATA, ...change });
      const open = () => openTransferMaps(path, CONFIG);
      const error = await assertRejects(open, DataError, says);
      assertEquals(error.message.includes(path), true);
      assertEquals(error.message.includes("\n"), false);
    });
  });
}

Deno.test("how many drafts were right in tests is read, and anything else in its place is passed over", async () => {
  const sharesOf = async (training: unknown) => {
    let shares: readonly number[] | null = null;
    await withFile(null, async (path) => {
      const maps = { layers: [2, 2], maps: [numbers(1), numbers(3)] };
      await writeTransferMaps(path, { ...maps, baseFingerprint: BASE, training });
      using opened = await openTransferMaps(path, CONFIG);
      shares = opened.rightShares;
    });
    return shares;
  };
  assertEquals(await sharesOf({ held: { top1: [0.7, 0.4] } }), [0.7, 0.4]);
  for (const top1 of [[0.7], [0.7, 1.1], [0.7, "0.4"], [0.7, null], "0.7", { length: 2 }]) {
    assertEquals(await sharesOf({ held: { top1 } }), null, JSON.stringify(top1));
  }
  for (const training of [{}, null, [], { held: 3 }]) assertEquals(await sharesOf(training), null);
});
