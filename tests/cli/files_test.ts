import { assertEquals } from "@std/assert";
import { expandHome } from "../../src/cli/files.ts";
import { parseFlags, path, paths } from "../../src/cli/flags/flags.ts";
import { environmentVariable } from "../../src/engine/environment.ts";

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
