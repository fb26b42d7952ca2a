import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { takeFreePlace } from "../../../src/cli/quantize/free_place.ts";
import { QUANTIZE_FLAGS } from "../../../src/cli/quantize/flags.ts";
import { comparisonText, runQuantize, writeCopy } from "../../../src/cli/quantize/quantize.ts";
import { UsageError } from "../../../src/cli/errors.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { InterruptScope } from "../../../src/cli/terminal/interrupts.ts";
import { OutputFailedError } from "../../../src/engine/errors.ts";
import { ModelFolder } from "../../../src/engine/model_folder.ts";
import { DEMO_FOLDER } from "../../format/support.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

const scratch = await Deno.makeTempDir();

const run = (...args: string[]) => runQuantize(parseFlags("quantize", QUANTIZE_FLAGS, args));

/** Has Ctrl-C pressed as soon as somebody listens, and folders removed so. */
function interrupting(remove: typeof Deno.remove): Disposable {
  const before = { addSignalListener: Deno.addSignalListener, remove: Deno.remove };
  const addSignalListener: typeof Deno.addSignalListener = (signal, listener) => {
    before.addSignalListener(signal, listener);
    if (signal === "SIGINT") listener();
  };
  Object.assign(Deno, { addSignalListener, remove });
  return { [Symbol.dispose]: () => void Object.assign(Deno, before) };
}

Deno.test("a copy needs a place that is free, in a folder that is there", async () => {
  await assertRejects(() => run(), UsageError, "-o FOLDER");
  await assertRejects(() => run("-o", scratch), OutputFailedError, "is there already");
  const lost = `${scratch}/none/copy`;
  await assertRejects(
    () => run("-o", lost),
    OutputFailedError,
    `there is no folder ${scratch}/none`,
  );
  const file = `${scratch}/file`;
  await Deno.writeTextFile(file, "");
  const inFile = `-o ${file}/copy cannot be written: Not a directory`;
  await assertRejects(() => run("-o", `${file}/copy`), OutputFailedError, inFile);
});

Deno.test("who stops it hears whether anything of the copy is left", async () => {
  const folder = await ModelFolder.open(DEMO_FOLDER);
  const out = `${scratch}/copy`;
  const stop = async (remove: typeof Deno.remove) => {
    using _interrupting = interrupting(remove);
    const output = new RecordedOutput();
    const flags = parseFlags("quantize", QUANTIZE_FLAGS, ["-o", out]);
    using interrupt = new InterruptScope();
    assertEquals(await writeCopy(folder, out, flags, { output, interrupt }), null);
    return output.lines;
  };
  assertEquals(await stop(Deno.remove), [`stopped; nothing of ${out} is left`]);
  const denied = new Deno.errors.PermissionDenied("not yours");
  const [left, end] = await stop(() => Promise.reject(denied));
  assertMatch(left, /copy\.[-\w]+\.tmp could not be removed; it is of no use$/);
  assertEquals(end, "stopped");
});

Deno.test("SIGTERM ends it with 143, though it comes twice, and leaves nothing", async () => {
  const folder = await Deno.makeTempDir();
  const main = fromFileUrl(new URL("../../../main.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, main, "quantize"]
      .concat("-m", DEMO_FOLDER, "-o", `${folder}/copy`),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(process.stderr).text();
  while (!(await names(folder)).some((name) => name.endsWith(".tmp"))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (let times = 0; times < 2; times++) process.kill("SIGTERM");
  assertEquals((await process.status).code, 143, await stderr);
  assertMatch(await stderr, /^stopped; nothing of .*copy is left$/m);
  assertEquals(await names(folder), []);
});

/** Names of what a folder holds. */
async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}

Deno.test("of two runs into one folder the second is refused at once, until the first has ended", async () => {
  const folder = await Deno.makeTempDir();
  const out = `${folder}/copy`;
  {
    using _place = await takeFreePlace(out);
    await assertRejects(() => takeFreePlace(out), OutputFailedError, "another run is writing it");
    const { code, stderr } = await quantise(out);
    assertEquals(code, 74, stderr);
    assertMatch(stderr, /^foretoken: -o .*copy: another run is writing it; name another folder$/m);
  }
  assertEquals(await names(folder), []);
  await Deno.writeTextFile(`${out}.lock`, ""); // As a run that was killed leaves it.
  assertEquals((await quantise(out)).code, 0);
  assertEquals(await names(folder), ["copy"]);
});

/** Runs the program on the demo model. */
async function quantise(out: string): Promise<{ code: number; stderr: string }> {
  const main = fromFileUrl(new URL("../../../main.ts", import.meta.url));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, main, "quantize"]
      .concat("-m", DEMO_FOLDER, "-o", out),
    stdin: "null",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("perplexities are told with their change", () => {
  const [before, after] = [8, 8.2].map((value) => ({ value, error: 0.1, tokens: 500 }));
  assertEquals(
    comparisonText(before, after),
    "before  PPL = 8.0000 ± 0.1000\nafter   PPL = 8.2000 ± 0.1000, +2.50% on 500 tokens\n",
  );
  assertEquals(comparisonText(after, before).includes(", -2.44% on"), true);
});
