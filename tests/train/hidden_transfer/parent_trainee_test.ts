import { assert, assertEquals, assertRejects } from "@std/assert";
import { randomIntegers, randomNormals } from "../../../src/checks/oracles/numbers/random.ts";
import { TRANSFER_MAPS } from "../../../src/draft/hidden_transfer/load_maps.ts";
import { DataError } from "../../../src/format/errors.ts";
import { Safetensors } from "../../../src/format/safetensors/safetensors.ts";
import { PARENT_FACTOR_NAMES } from "../../../src/format/trained/parent_factors.ts";
import { writeTransferMaps } from "../../../src/format/trained/transfer_maps.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import type { Transformer } from "../../../src/model/transformer.ts";
import { RESULT } from "../../../src/ops/train/loss.ts";
import { keptParents } from "../../../src/train/hidden_transfer/parents/kept_parents.ts";
import { ParentTrainee } from "../../../src/train/hidden_transfer/parents/parent_trainee.ts";
import { tokenStates } from "../../../src/train/hidden_transfer/token_states.ts";
import { withFile } from "../../format/support.ts";
import { withGpu } from "../../gpu/with_gpu.ts";
import { randomModel, tiny } from "../../model/random_model.ts";

const CONFIG = tiny();
const LENGTH = 20;
const SETTINGS = { rank: 8, loss: "kl", batch: 1, sequenceLength: LENGTH } as const;
const TEXT = randomIntegers(LENGTH, 7, CONFIG.vocabSize);
const ABOUT = { baseFingerprint: "base", baseSizes: "", training: { seed: 3 }, isFinished: true };

/** Writes two maps from the chosen token, with U or with what it makes of every token. */
async function writeMaps(path: string, model: Transformer, withStates: boolean): Promise<void> {
  const { hiddenSize } = model.config;
  const map = (seed: number) => randomNormals(hiddenSize ** 2, seed, 1 / Math.sqrt(hiddenSize));
  const known = withStates
    ? { states: await tokenStates(model, 0, map(4)) }
    : { fromToken: map(4) };
  await writeTransferMaps(path, {
    layers: [1, 1],
    maps: [map(1), map(2)],
    token: { layer: 0, fromState: map(3), ...known },
    baseFingerprint: "base",
    training: { seed: 2 },
  }, "F32");
}

/** The loss of the text, over the rows that have one. */
async function lossOf(gpu: Gpu, { pass }: ParentTrainee, withGradients: boolean): Promise<number> {
  await pass.text.run(TEXT, { withGradients });
  const results = RESULT.unpackAll(await gpu.readWords(pass.rows.results));
  return results.reduce((sum, { loss }, row) => sum + (pass.rows.rowSteps[row] ? loss : 0), 0);
}

withGpu("children learn what their parents say, and maps stay as they are", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const { model } = random;
  await withFile(null, async (path) => {
    await writeMaps(path, model, false);
    const before = await Deno.readFile(path);
    using trainee = await ParentTrainee.open(model, { ...SETTINGS, from: path });
    trainee.parameters.write({ weights: await trainee.start() });
    const first = await lossOf(gpu, trainee, false);
    for (let step = 1; step <= 12; step++) {
      await lossOf(gpu, trainee, true);
      trainee.parameters.update(0.05, step);
    }
    const last = await lossOf(gpu, trainee, false);
    assert(last < 0.8 * first, `the loss fell from ${first} to ${last} alone`);

    const { weights } = await trainee.parameters.read();
    const learnt = `${path}.learnt`;
    await trainee.write(learnt, weights, ABOUT);
    await trainee.write(path, weights, ABOUT); // In its place, too.
    assertEquals(await Deno.readFile(path), await Deno.readFile(learnt));
    using found = await Safetensors.openFile(learnt);
    await Deno.writeFile(path, before);
    using maps = await Safetensors.openFile(path);
    assertEquals(found.metadata.get("parent_training"), '{"seed":3}');
    for (const [key, value] of maps.metadata) assertEquals(found.metadata.get(key), value);
    for (const name of maps.names) {
      const { byteLength } = maps.get(name);
      assertEquals(await found.read(name, 0, byteLength), await maps.read(name, 0, byteLength));
    }
    using loaded = await TRANSFER_MAPS.load(model, learnt);
    assertEquals(loaded.parents?.rank, SETTINGS.rank);
    const numbers = await gpu.readFloats(loaded.parents!.factors);
    const { length } = weights[0];
    const expected = [...weights[0], ...weights[1].subarray(0, length)];
    assertEquals([...numbers], [...Float16Array.from(expected)]);
    // Another run goes on from there, one with other numbers begins anew.
    using more = await ParentTrainee.open(model, { ...SETTINGS, from: learnt });
    const [parents, children] = await more.start();
    assertEquals([...parents, ...children.subarray(0, length)], [...numbers]);
    using other = await ParentTrainee.open(model, { ...SETTINGS, rank: 16, from: learnt });
    assert((await other.start())[0].every((number) => number === 0));
  });
});

withGpu("a table of the tokens' states gives what makes the table", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const losses: number[] = [];
  for (const withStates of [false, true]) {
    await withFile(null, async (path) => {
      await writeMaps(path, random.model, withStates);
      using trainee = await ParentTrainee.open(random.model, { ...SETTINGS, from: path });
      losses.push(await lossOf(gpu, trainee, false));
    });
  }
  assert(Math.abs(losses[0] - losses[1]) < 1e-4 * losses[0], `losses ${losses}`);
});

Deno.test("maps that draft other tokens keep what is known of those that they share", async () => {
  const map = new Float32Array(CONFIG.hiddenSize ** 2);
  const data = { layers: [1, 1], maps: [map, map], baseFingerprint: "base", training: {} };
  await withFile(null, async (path) => {
    const draftTokens = Uint32Array.of(1, 4, 6);
    const factors = Float32Array.from({ length: 2 * 3 * 4 }, (_, i) => i + 1);
    await writeTransferMaps(path, { ...data, draftTokens, parents: { rank: 4, factors } });
    const zeros = [0, 0, 0, 0];
    assertEquals(await keptParents(path, CONFIG, Uint32Array.of(0, 4, 6, 7)), {
      rank: 4,
      factors: Float32Array.from([
        ...[...zeros, 5, 6, 7, 8, 9, 10, 11, 12, ...zeros],
        ...[...zeros, 17, 18, 19, 20, 21, 22, 23, 24, ...zeros],
      ]),
    });
    const all = await keptParents(path, CONFIG, null);
    assertEquals(all!.factors.length, 2 * CONFIG.vocabSize * 4);
    assertEquals([...all!.factors.subarray(0, 12)], [...zeros, 1, 2, 3, 4, ...zeros]);
    await writeTransferMaps(path, data);
    assertEquals(await keptParents(path, CONFIG, null), undefined);
  });
});

withGpu("maps without children, and factors that are no numbers, are refused", async (gpu) => {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  const { model } = random;
  await withFile(null, async (path) => {
    const map = new Float32Array(CONFIG.hiddenSize ** 2);
    const data = { layers: [1], maps: [map], baseFingerprint: "base", training: {} };
    await writeTransferMaps(path, data);
    await assertRejects(
      () => ParentTrainee.open(model, { ...SETTINGS, from: path }),
      DataError,
      `${path}: found one map, expected two or more`,
    );
    const factors = new Float32Array(2 * CONFIG.vocabSize * 4).fill(1);
    factors[CONFIG.vocabSize * 4 + 5] = NaN;
    await writeTransferMaps(path, { ...data, parents: { rank: 4, factors } });
    await assertRejects(
      () => TRANSFER_MAPS.load(model, path),
      DataError,
      `tensor ${JSON.stringify(PARENT_FACTOR_NAMES[1])}: found NaN at 5, expected finite numbers`,
    );
  });
});
