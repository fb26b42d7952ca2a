import { assertEquals, assertRejects } from "@std/assert";
import { DOCTOR_FLAGS } from "../../../src/cli/doctor/flags.ts";
import { runDoctor } from "../../../src/cli/doctor/doctor.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { DEMO_FOLDER } from "../../format/support.ts";

const run = (folder: string) => runDoctor(parseFlags("doctor", DOCTOR_FLAGS, ["-m", folder]));

/** Has nobody ask for a GPU. */
function withoutGpu(): Disposable {
  const { requestAdapter } = navigator.gpu;
  navigator.gpu.requestAdapter = () => Promise.reject(new Error("a GPU was asked for"));
  return { [Symbol.dispose]: () => void (navigator.gpu.requestAdapter = requestAdapter) };
}

Deno.test("doctor says what is wrong with a model's files before it asks for a GPU", async () => {
  using _without = withoutGpu();
  const folder = await Deno.makeTempDir();
  const copy = (name: string) => Deno.copyFile(`${DEMO_FOLDER}/${name}`, `${folder}/${name}`);
  const weights = `${folder}/model.safetensors`;
  await assertRejects(() => run(folder), NoInputError, `${folder}/config.json: no such file`);
  await copy("config.json");
  await assertRejects(() => run(folder), NoInputError, `${weights}: no such file`);
  await copy("model.safetensors");
  await Deno.truncate(weights, 5_000_000);
  await assertRejects(() => run(folder), DataError, `${weights}: tensor `);
  await copy("model.safetensors");
  await assertRejects(() => run(folder), NoInputError, `${folder}/tokenizer.json: no such file`);
  await copy("tokenizer.json");
  const whole = await assertRejects(() => run(folder), Error);
  assertEquals(whole.message.includes("a GPU was asked for"), true, whole.message);
});
