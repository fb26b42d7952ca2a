import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import { type TensorData, writeSafetensors } from "../../src/format/safetensors/safetensors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../../src/train/checkpoint.ts";

const IDENTITY = { layers: [1, 2], seed: 7 };
const LENGTHS = [4, 8];
const numbers = (scale: number) =>
  LENGTHS.map((length) => Float32Array.from({ length }, (_, i) => scale * (i + 0.1)));
const CHECKPOINT: Checkpoint = {
  state: {
    step: 3,
    seconds: 2.5,
    weights: numbers(1),
    firstMoments: numbers(2),
    secondMoments: numbers(3),
  },
  history: [
    { step: 0, loss: 2.5, held: { loss: [2], top1: [0.1], top5: [0.4] } },
    { step: 1, loss: 2.25 },
  ],
};
const METADATA = {
  format: "foretoken.training",
  step: "3",
  history: "[]",
  identity: JSON.stringify(IDENTITY),
};
const TENSORS = ["maps", "firstMoments", "secondMoments"].flatMap((kind) =>
  LENGTHS.map((length, i): TensorData => ({
    name: `${kind}.${i}`,
    dtype: "F32",
    shape: [length],
    data: new Uint8Array(4 * length),
  }))
);

Deno.test("a checkpoint is read as it was written", async () => {
  const path = await Deno.makeTempFile();
  await writeCheckpoint(path, CHECKPOINT, IDENTITY);
  assertEquals(await readCheckpoint(path, IDENTITY, LENGTHS), CHECKPOINT);
});

Deno.test("a file that is no checkpoint of the run gives one line that says why", async () => {
  const halves: TensorData = { ...TENSORS[0], dtype: "F16", data: new Uint8Array(8) };
  const cases: [Record<string, string>, TensorData[], string][] = [
    [{ format: "other" }, TENSORS, 'key format: found "other", expected foretoken.training'],
    [{ step: "three" }, TENSORS, 'key step: found "three", expected a whole number'],
    [{ step: "-1" }, TENSORS, "expected a whole number"],
    [{ seconds: "-1" }, TENSORS, 'key seconds: found "-1", expected a number'],
    [{ history: "[" }, TENSORS, "metadata key history: is not valid JSON"],
    [{ history: "{}" }, TENSORS, "expected a list of steps and losses"],
    [{ history: "[null]" }, TENSORS, "expected a list of steps and losses"],
    [{ identity: "[]" }, TENSORS, "expected a JSON object"],
    [{ identity: '{"layers":[1,2],"seed":8}' }, TENSORS, "had seed 8, this one has 7"],
    [{ identity: '{"layers":[1,2]}' }, TENSORS, "had seed none, this one has 7"],
    [{}, TENSORS.slice(1), "maps.0"],
    [{}, [{ ...TENSORS[0], shape: [2, 2] }, ...TENSORS.slice(1)], "maps.0"],
    [{}, [halves, ...TENSORS.slice(1)], "maps.0: found F16, expected F32"],
  ];
  for (const [metadata, tensors, message] of cases) {
    const path = await Deno.makeTempFile();
    await writeSafetensors(path, tensors, { ...METADATA, ...metadata });
    const error = await assertRejects(() => readCheckpoint(path, IDENTITY, LENGTHS), DataError);
    assertStringIncludes(error.message, path);
    assertStringIncludes(error.message, message);
    assert(!error.message.includes("\n"), error.message);
  }
});

Deno.test("a checkpoint that is cut short or missing is told from others", async () => {
  const path = await Deno.makeTempFile();
  await writeCheckpoint(path, CHECKPOINT, IDENTITY);
  const whole = await Deno.readFile(path);
  for (const length of [0, 4, 20, whole.length - 1]) {
    await Deno.writeFile(path, whole.subarray(0, length));
    const error = await assertRejects(() => readCheckpoint(path, IDENTITY, LENGTHS), DataError);
    assertStringIncludes(error.message, path);
  }
  await assertRejects(() => readCheckpoint("/nowhere", IDENTITY, LENGTHS), NoInputError);
});
