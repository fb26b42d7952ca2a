import { assertEquals, assertRejects } from "@std/assert";
import { expandHome, requirePlaceUnlessThere, writingTo } from "../../src/cli/files.ts";
import { parseFlags, path, paths } from "../../src/cli/flags/flags.ts";
import { environmentVariable } from "../../src/engine/environment.ts";
import { OutputFailedError } from "../../src/engine/errors.ts";
import { reasonOf } from "../../src/engine/reason.ts";

const HOME = environmentVariable("HOME") ?? environmentVariable("USERPROFILE") ?? "~";

Deno.test("a tilde at the beginning of a path is the user's home, elsewhere it is itself", () => {
  assertEquals(expandHome("~/talk.json"), `${HOME}/talk.json`);
  assertEquals(expandHome("~"), HOME);
  for (const other of ["a~/b", "~other/b", "./~", "", "-"]) assertEquals(expandHome(other), other);
});

Deno.test("flags that name files know it too, where no shell has expanded it", () => {
  const flags = {
    out: path({ placeholder: "FILE", help: "" }),
    data: paths({ placeholder: "FILE", help: "" }),
  };
  assertEquals(parseFlags("x", flags, ["--out=~/o", "--data=~/a", "--data", "b"]), {
    out: `${HOME}/o`,
    data: [`${HOME}/a`, "b"],
  });
});

Deno.test("what the system will not write is told with its name, other errors stay what they are", async () => {
  const path = `${import.meta.filename}/none`;
  assertEquals(await writingTo("x", () => Promise.resolve(3)), 3);
  const refused = () => writingTo("--out x", () => Deno.writeTextFile(path, ""));
  await assertRejects(refused, OutputFailedError, "--out x cannot be written: ");
  const fault = () => writingTo("x", () => Promise.reject(new RangeError("fault")));
  await assertRejects(fault, RangeError, "fault");
});

Deno.test("a folder that is closed to the program is not said to be missing", async () => {
  const refusal = (path: string) =>
    assertRejects(() => requirePlaceUnlessThere("--out", path), OutputFailedError);
  const { filename } = import.meta;
  const inFile = await refusal(`${filename}/x`);
  assertEquals(inFile.message, `--out ${filename}/x: there is no folder ${filename}`);
  using _closed = stubStat(new Deno.errors.PermissionDenied("Permission denied (os error 13): x"));
  const closed = await refusal("closed/x");
  assertEquals(closed.message, "--out closed/x cannot be written: Permission denied");
});

Deno.test("a file that can be read but not written will do, where it can be nothing else", async () => {
  const { filename, dirname } = import.meta; // Where the tests may not write.
  await requirePlaceUnlessThere("--prompt-cache", filename);
  const refused = `--prompt-cache ${dirname}/none cannot be written: `;
  const ask = () => requirePlaceUnlessThere("--prompt-cache", `${dirname}/none`);
  await assertRejects(ask, OutputFailedError, refused);
});

Deno.test("who may not go to the system's own folders is not sent to start the program otherwise", () => {
  const reason = (message: string) => reasonOf(new Deno.errors.NotCapable(message));
  assertEquals(
    reason('Requires all access to "/dev", run again with the --allow-all flag'),
    "the program may not go to /dev, /proc and /sys; name a file elsewhere",
  );
  assertEquals(
    reason('Requires write access to "x", run again with the --allow-write flag'),
    "the program was started without permission to go there; deno task foretoken has it",
  );
});

/** Has the system refuse to tell of any path. */
function stubStat(error: Error & { code?: string }): Disposable {
  const { stat } = Deno;
  error.code = "EACCES"; // As the system's own errors have it.
  Deno.stat = () => Promise.reject(error);
  return { [Symbol.dispose]: () => void (Deno.stat = stat) };
}
