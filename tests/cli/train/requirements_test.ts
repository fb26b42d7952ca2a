import { assertEquals, assertRejects } from "@std/assert";
import {
  checkpointOf,
  pictureOf,
  requireOwnFilesBeside,
  requirePlaces,
} from "../../../src/cli/train/requirements.ts";
import { OutputFailedError } from "../../../src/engine/errors.ts";
import { MEDUSA_HEADS_KIND } from "../../../src/format/trained/medusa_heads.ts";
import { PHRASES_KIND } from "../../../src/format/trained/phrases.ts";
import { TRANSFER_MAPS_KIND } from "../../../src/format/trained/transfer_maps.ts";
import { trainingPlots } from "../../../src/bench/plots/training_plots.ts";
import { writeCheckpoint } from "../../../src/train/checkpoint.ts";
import { DEMO_FOLDER } from "../../format/support.ts";

const scratch = await Deno.makeTempDir();

const require = (out: string, kind: typeof PHRASES_KIND) =>
  requirePlaces({ out, "keep-texts": undefined }, kind);

Deno.test("what is trained replaces a file of its own kind alone", async () => {
  const kinds = [PHRASES_KIND, MEDUSA_HEADS_KIND, TRANSFER_MAPS_KIND];
  const files = [...kinds.map(({ file }) => file), "model.safetensors"];
  for (const file of files) await Deno.copyFile(`${DEMO_FOLDER}/${file}`, `${scratch}/${file}`);
  for (const kind of kinds) {
    for (const file of files) {
      const out = `${scratch}/${file}`;
      if (file === kind.file) await require(out, kind);
      else {
        const line = `--out ${out}: is there already and not ${kind.purpose}`;
        await assertRejects(() => require(out, kind), OutputFailedError, line);
      }
    }
  }
});

Deno.test("a file is replaced that is empty, or was damaged behind its beginning; a text is not", async () => {
  const [none, empty, damaged, notes] = ["none", "empty", "damaged", "notes.txt"]
    .map((name) => `${scratch}/${name}`);
  await Deno.writeFile(empty, new Uint8Array());
  const whole = await Deno.readFile(`${DEMO_FOLDER}/${PHRASES_KIND.file}`);
  await Deno.writeFile(damaged, whole.subarray(0, 100));
  for (const path of [none, empty, damaged]) await require(path, PHRASES_KIND);
  await Deno.writeTextFile(notes, "mine");
  await assertRejects(() => require(notes, PHRASES_KIND), OutputFailedError, "give another --out");
  assertEquals(await Deno.readTextFile(notes), "mine");
});

Deno.test("what a run writes beside its result replaces that of another run alone", async () => {
  const out = `${scratch}/maps.safetensors`;
  const [checkpoint, picture] = [checkpointOf(out), pictureOf(out)];
  await requireOwnFilesBeside(out);
  const history = [{ step: 1, loss: 2 }];
  const state = { step: 1, seconds: 0, weights: [], firstMoments: [], secondMoments: [] };
  await writeCheckpoint(checkpoint, { state, history }, {});
  await Deno.writeTextFile(picture, trainingPlots(history));
  await requireOwnFilesBeside(out);
  for (const path of [checkpoint, picture]) {
    const own = await Deno.readFile(path);
    await Deno.writeTextFile(path, "mine");
    const line = `${path}: is there already and not a `;
    await assertRejects(() => requireOwnFilesBeside(out), OutputFailedError, line);
    await Deno.writeFile(path, own);
  }
});
