import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PERPLEXITY_COMMAND } from "../../../src/cli/perplexity/command.ts";
import { perplexityText, windowsFor } from "../../../src/cli/perplexity/perplexity.ts";
import { UsageError } from "../../../src/cli/errors.ts";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";

Deno.test("windows are as large as the context, and half of each counts, unless asked otherwise", () => {
  const windows = (window: number | undefined, stride: number | undefined, context: number) =>
    windowsFor({ window, stride }, context);
  assertEquals(windows(undefined, undefined, 8192), { window: 1024, stride: 512 });
  assertEquals(windows(undefined, undefined, 512), { window: 512, stride: 256 });
  assertEquals(windows(100, 10, 512), { window: 100, stride: 10 });
  assertEquals(windows(2, undefined, 512), { window: 2, stride: 1 });
  assertThrows(() => windows(513, undefined, 512), UsageError, "--window 513");
  assertThrows(() => windows(100, 100, 512), UsageError, "--stride 100");
});

Deno.test("the text stands before or behind the flags, and its lack is told", async () => {
  for (const args of [[], ["--json"]]) {
    const run = PERPLEXITY_COMMAND.prepare(args);
    assert(typeof run === "function");
    await assertRejects(run, UsageError, "perplexity FILE");
  }
  const { prepare: _, ...page } = PERPLEXITY_COMMAND;
  assertEquals(PERPLEXITY_COMMAND.prepare(["--help"]), page);
  assertThrows(() => PERPLEXITY_COMMAND.prepare(["a.txt", "b.txt"]), UsageError, '"b.txt"');
  for (const args of [["a.txt", "--stride", "3"], ["--stride", "3", "a.txt"], ["--json", "-"]]) {
    assertEquals(typeof PERPLEXITY_COMMAND.prepare(args), "function");
  }
});

Deno.test("what is piped in counts as a file of the same bytes does", async () => {
  const text = `${await Deno.makeTempDir()}/text.txt`;
  await Deno.writeTextFile(text, "Once upon a time there was a little boat.\n\n");
  const [named, piped, device] = await Promise.all(
    [text, "-", "/dev/stdin"].map((file) => perplexityOfInput(text, file)),
  );
  assertEquals(named.code, 0, named.stderr);
  assertMatch(named.stdout, /^PPL = [\d.]+ ± [\d.]+\n$/);
  for (const run of [piped, device]) assertEquals([run.code, run.stdout], [0, named.stdout]);
});

Deno.test("what is piped in is refused by name if it is not UTF-8", async () => {
  const latin = `${await Deno.makeTempDir()}/latin.txt`;
  await Deno.writeFile(latin, new Uint8Array([0x63, 0xe9]));
  const { code, stderr } = await perplexityOfInput(latin, "-");
  assertEquals(code, 65);
  assertMatch(stderr, /^foretoken: stdin: found bytes that are not UTF-8, expected UTF-8 text$/m);
});

Deno.test("a text without a token to foretell is named", async () => {
  const empty = `${await Deno.makeTempDir()}/empty.txt`;
  await Deno.writeTextFile(empty, "");
  for (const [file, name] of [["-", "stdin"], [empty, empty]]) {
    const { code, stderr } = await perplexityOfInput(empty, file);
    assertEquals(code, 65);
    const problem =
      "found no token that has another before it, expected a text of at least two tokens";
    assertEquals(stderr, `foretoken: ${name}: ${problem}\n`);
  }
});

/** What the program says of a text by its name while another is piped in. */
async function perplexityOfInput(input: string, file: string) {
  const main = fromFileUrl(new URL("../../../main.ts", import.meta.url));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, main, "perplexity", file],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([await Deno.readFile(input)]).stream().pipeTo(process.stdin).catch(() => {});
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("the line is that of other tools", () => {
  assertEquals(
    perplexityText({ value: 8.49444, error: 0.859, tokens: 597 }),
    "PPL = 8.4944 ± 0.8590",
  );
});
