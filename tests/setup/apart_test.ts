import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { quoted } from "../cli/terminal/pseudo_terminal.ts";
import { runApart } from "./apart.ts";

/** Runs shell scripts in place of test files. */
async function run(scripts: readonly string[], atOnce: number) {
  let output = "";
  const commandFor = ({ files: [script] }: { files: string[] }) =>
    new Deno.Command("sh", { args: ["-c", script] });
  const groups = scripts.map((script) => ({ files: [script] }));
  const counts = await runApart(groups, atOnce, commandFor, (text) => output += text);
  return { counts, output };
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "counts of all processes are added, and the output of each stays together",
  ignore,
  async fn() {
    const { counts, output } = await run([
      "echo first; sleep 0.1; echo 'ok | 12 passed (3 steps) | 0 failed | 1 ignored (3s)'",
      "echo second; echo 'FAILED | 10 passed | 2 failed (1s)'; echo 'error: Test failed' >&2; exit 1",
    ], 2);
    assertEquals(counts, { passed: 22, failed: 2 });
    assertEquals(output.match(/second\n.*\nerror: Test failed\nfirst\n/)?.length, 1, output);
  },
});

Deno.test({
  name: "a crash is a failure, before any count or after it",
  ignore,
  async fn() {
    const crash = await run(["exit 139", "true"], 1);
    assertEquals(crash.counts, { passed: 0, failed: 1 });
    assertEquals(crash.output, "exit 139 ended with code 139\n");
    const late = await run(["echo 'ok | 3 passed | 0 failed (1s)'; exit 134"], 3);
    assertEquals(late.counts, { passed: 3, failed: 1 });
  },
});

Deno.test({
  name: "so many processes run at once as were asked for, and no more",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir();
    const counted = Array.from({ length: 7 }, (_, i) => {
      const mine = quoted(join(folder, `${i}`));
      return `touch ${mine}; sleep 0.1; ls ${quoted(folder)} | wc -l; sleep 0.1; rm ${mine}`;
    });
    const atOnce = (await run(counted, 3)).output.trim().split("\n").map(Number);
    assertEquals([atOnce.length, Math.max(...atOnce)], [7, 3]);
  },
});
