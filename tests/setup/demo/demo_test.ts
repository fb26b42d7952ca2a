import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import project from "../../../deno.json" with { type: "json" };

const SCRIPT = fromFileUrl(new URL("./demo.ts", import.meta.url));

Deno.test("without a terminal the demo gives a whole answer, whatever stands on standard input", async () => {
  // The permissions of the task; folders in the user's home need none here.
  const environment = /--allow-env=\S+/.exec(project.tasks["demo:run"].command)![0];
  for (const stdin of ["null", "piped"] as const) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", "--allow-read=.", environment, SCRIPT],
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // The pipe stays open until there is an answer.
    const { code, stdout, stderr } = await child.output();
    const [answer, cost] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (stdin === "piped") await child.stdin.close().catch(() => {});
    assertEquals(code, 0, cost);
    assertMatch(answer, /^(\S+ ){8,}\S+[.?!]\n$/);
    assertMatch(cost, /^> \w.*[.?!]$/m);
    assertStringIncludes(cost, "ended by the model");
    assertMatch(cost, /tokens per pass/);
  }
});
