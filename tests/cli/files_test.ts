import { assertEquals, assertRejects } from "@std/assert";
import { expandHome, writingTo } from "../../src/cli/files.ts";
import { parseFlags, path, paths } from "../../src/cli/flags/flags.ts";
import { environmentVariable } from "../../src/engine/environment.ts";
import { OutputFailedError } from "../../src/engine/errors.ts";

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
