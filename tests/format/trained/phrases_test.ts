import { assertEquals } from "@std/assert";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors, writeSafetensors } from "../../../src/format/safetensors/safetensors.ts";
import {
  findContext,
  NO_TOKEN as NONE,
  openPhrases,
  type PhraseLists,
  writePhrases,
} from "../../../src/format/trained/phrases.ts";
import { assertFails, NO_LEAKS, withFile } from "../support.ts";

const BASE = "the base's fingerprint";
const LOWEST = -65504;

/** Four lists of two tokens; `far` is the greatest id. */
function someLists(far = 9): PhraseLists {
  return {
    lists: 4,
    width: 2,
    contexts: Uint32Array.of(NONE, NONE, NONE, NONE, NONE, 0, NONE, 3, 0, far, 3, 0),
    tokens: Uint32Array.of(5, 0, far, NONE, NONE, NONE, 3, 1),
    logProbabilities: Float32Array.of(-0.5, -1, 0, LOWEST, LOWEST, LOWEST, -0.25, -0.25),
  };
}

for (
  const [far, dtype] of [[9, "U16"], [65534, "U16"], [65535, "U32"], [2 ** 21 - 3, "U32"]] as const
) {
  Deno.test(
    `phrases that are written are read back, ids up to ${far} as ${dtype}`,
    NO_LEAKS,
    async () => {
      await withFile(null, async (path) => {
        const lists = someLists(far);
        await writePhrases(path, { ...lists, baseFingerprint: BASE, training: { texts: 7 } });
        using file = await openPhrases(path, { vocabSize: far + 1 });
        assertEquals({ ...lists, ...file }, { ...file, ...lists });
        const { metadata } = file.tensors;
        assertEquals(metadata.get("base_fingerprint"), BASE);
        assertEquals(metadata.get("training"), '{"texts":7}');
        assertEquals(file.tensors.stored("contexts").dtype, dtype);
        assertEquals(file.tensors.stored("tokens").dtype, dtype);
      });
    },
  );
}

Deno.test("a context is found whatever its length, and no other", () => {
  const { contexts } = someLists();
  assertEquals(findContext(contexts, NONE, NONE, NONE), 0);
  assertEquals(findContext(contexts, NONE, NONE, 0), 1);
  assertEquals(findContext(contexts, NONE, 3, 0), 2);
  assertEquals(findContext(contexts, 9, 3, 0), 3);
  for (const newest of [9, 3]) assertEquals(findContext(contexts, NONE, NONE, newest), -1);
  for (const oldest of [8, 10]) assertEquals(findContext(contexts, oldest, 3, 0), -1);
});

/** Changes at places of an array. */
type Change = Readonly<Record<number, number>>;

const WRONG_LISTS: readonly [
  title: string,
  change: { contexts?: Change; tokens?: Change; logProbabilities?: Change },
  parts: readonly string[],
][] = [
  ["a context first", { contexts: { 2: 4 } }, [
    'tensor "contexts": found [none, none, 4] in row 0, expected no token there',
  ]],
  ["a context twice", { contexts: { 6: NONE, 7: NONE, 8: 0 } }, [
    "found [none, none, 0] in row 2, expected one after [none, none, 0]",
  ]],
  ["contexts that descend", { contexts: { 5: 1, 7: NONE, 8: 0 } }, ["[none, none, 0] in row 2"]],
  ["a gap", { contexts: { 6: 1, 7: NONE } }, ["[1, none, 0] in row 2", "no gap"]],
  ["no newest token", { contexts: { 7: 3, 8: NONE } }, ["[none, 3, none] in row 2", "no gap"]],
  ["a context without the shorter one", { contexts: { 11: 1 } }, [
    "[9, 3, 1] in row 3, expected a list of what it ends in too",
  ]],
  ["a pair without the token", { contexts: { 8: 1 } }, ["[none, 3, 1] in row 2", "ends in"]],
  ["a context beyond the vocabulary", { contexts: { 9: 10 } }, [
    'tensor "contexts": found token 10 in row 3, expected tokens below 10',
  ]],
  ["a token beyond the vocabulary", { tokens: { 7: 10 } }, [
    'tensor "tokens": found token 10 in row 3, expected tokens below 10',
  ]],
  ["a token twice", { tokens: { 7: 3 } }, ["found token 3 again in row 3"]],
  ["a token after none", { tokens: { 0: NONE }, logProbabilities: { 0: LOWEST } }, [
    "found token 0 after none in row 0",
  ]],
  ["a probability above 1", { logProbabilities: { 0: 0.5 } }, [
    'tensor "log_probabilities": found 0.5 in row 0, expected finite numbers up to 0',
  ]],
  ["probabilities that ascend", { logProbabilities: { 1: -0.25 } }, ["-0.25 in row 0"]],
  ["no number", { logProbabilities: { 0: NaN } }, ["NaN in row 0"]],
  ["an infinite number", { logProbabilities: { 1: -Infinity } }, ["-Infinity in row 0"]],
  ["a probability of no token", { logProbabilities: { 3: -1 } }, [
    "-1 in row 1, expected -65504 where there is no token",
  ]],
];

for (const [title, change, parts] of WRONG_LISTS) {
  Deno.test(`phrases are refused in one line: ${title}`, NO_LEAKS, async () => {
    await withFile(null, async (path) => {
      const lists = someLists();
      for (const name of ["contexts", "tokens", "logProbabilities"] as const) {
        Object.assign(lists[name], change[name]);
      }
      await writePhrases(path, { ...lists, baseFingerprint: BASE, training: {} });
      const open = () => openPhrases(path, { vocabSize: 10 });
      await assertFails(open, DataError, [path, ...parts, "foretoken train phrases"]);
    });
  });
}

const METADATA = { format: "foretoken.phrases", format_version: "1", base_fingerprint: BASE };

const WRONG_SHAPES: readonly [
  title: string,
  shapes: { contexts?: number[]; tokens?: number[]; log_probabilities?: number[] },
  parts: readonly string[],
][] = [
  ["no lists", { tokens: [0, 4] }, ['tensor "tokens": found shape [0, 4], expected [1 … 2097152']],
  ["too many tokens", { tokens: [1, 9] }, ["found shape [1, 9]", "1 … 8]"]],
  ["tokens in one dimension", { tokens: [2] }, ["found shape [2]"]],
  ["contexts of other lists", { contexts: [2, 3] }, [
    'tensor "contexts": found U16 [2, 3], expected U16 or U32 [1, 3]',
  ]],
  ["contexts of two tokens", { contexts: [1, 2] }, ["found U16 [1, 2]"]],
  ["probabilities of other lists", { log_probabilities: [2, 2] }, ["expected F16 [1, 2]"]],
];

/** A tensor with no token in any place. */
function blank(name: string, dtype: "U16" | "F16" | "F32", shape: readonly number[]) {
  const elements = shape.reduce((product, size) => product * size, 1);
  const none = dtype === "F32"
    ? new Float32Array(elements)
    : dtype === "F16"
    ? new Float16Array(elements).fill(LOWEST)
    : new Uint16Array(elements).fill(NONE);
  return { name, dtype, shape, data: new Uint8Array(none.buffer) };
}

for (const [title, shapes, parts] of WRONG_SHAPES) {
  Deno.test(`phrases are refused in one line: ${title}`, NO_LEAKS, async () => {
    await withFile(null, async (path) => {
      await writeSafetensors(path, [
        blank("contexts", "U16", shapes.contexts ?? [1, 3]),
        blank("tokens", "U16", shapes.tokens ?? [1, 2]),
        blank("log_probabilities", "F16", shapes.log_probabilities ?? [1, 2]),
      ], METADATA);
      const open = () => openPhrases(path, { vocabSize: 10 });
      await assertFails(open, DataError, [path, ...parts, "foretoken train phrases"]);
    });
  });
}

Deno.test(
  "phrases of other element types, of another format or with a tensor missing are refused",
  NO_LEAKS,
  async () => {
    const contexts = blank("contexts", "U16", [1, 3]);
    const tokens = blank("tokens", "U16", [1, 2]);
    const faults = [
      [[contexts, blank("tokens", "F16", [1, 2])], METADATA, 'tensor "tokens": found F16 [1, 2]'],
      [[contexts, tokens], METADATA, 'no tensor "log_probabilities"'],
      [
        [contexts, tokens, blank("log_probabilities", "F32", [1, 2])],
        METADATA,
        'tensor "log_probabilities": found F32 [1, 2], expected F16 [1, 2]',
      ],
      [[contexts, tokens], { ...METADATA, format: "foretoken.medusa" }, 'metadata key "format"'],
      [[contexts, tokens], { ...METADATA, format_version: "2" }, "use the foretoken that wrote it"],
    ] as const;
    for (const [tensors, metadata, part] of faults) {
      await withFile(null, async (path) => {
        await writeSafetensors(path, tensors, metadata);
        await assertFails(() => openPhrases(path, { vocabSize: 10 }), DataError, [path, part]);
      });
    }
  },
);

Deno.test(
  "no vocabulary is too great for a file to be opened, as long as its ids fit",
  NO_LEAKS,
  async () => {
    await withFile(null, async (path) => {
      const lists = someLists(2 ** 21 - 1);
      await writePhrases(path, { ...lists, baseFingerprint: BASE, training: {} });
      const open = () => openPhrases(path, { vocabSize: 2 ** 22 });
      await assertFails(open, DataError, [path, "found token 2097151", "tokens below 2097151"]);
    });
  },
);

Deno.test("tokens per step in tests are read, and anything else in their place is passed over", async () => {
  const gainsOf = async (training: unknown) => {
    let gains: unknown;
    await withFile(null, async (path) => {
      await writePhrases(path, { ...someLists(), baseFingerprint: BASE, training });
      using file = await openPhrases(path, { vocabSize: 10 });
      gains = file.gains;
    });
    return gains;
  };
  const gains = { 2: 1.5, 16: 2.25 };
  assertEquals(await gainsOf({ held: { gains } }), gains);
  for (const wrong of [{}, [], 3, { 2: "1" }, { 2: 0.5 }, { 2: 2.5 }, { a: 1 }, { 0: 1 }, null]) {
    assertEquals(await gainsOf({ held: { gains: wrong } }), null, JSON.stringify(wrong));
  }
  for (const training of [{}, null, [], { held: 3 }]) assertEquals(await gainsOf(training), null);
});

Deno.test("a file that was cut is refused, not read on", NO_LEAKS, async () => {
  await withFile(null, async (path) => {
    await writePhrases(path, { ...someLists(), baseFingerprint: BASE, training: {} });
    await Deno.truncate(path, (await Deno.stat(path)).size - 2);
    await assertFails(() => openPhrases(path, { vocabSize: 10 }), DataError, [path]);
    await assertFails(() => Safetensors.openFile(path), DataError, [path]);
  });
});
