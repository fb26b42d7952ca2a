import { assert, assertEquals, assertRejects } from "@std/assert";
import { runChat } from "../../../src/cli/chat/chat.ts";
import { CHAT_FLAGS } from "../../../src/cli/chat/flags.ts";
import { parseFlags } from "../../../src/cli/flags/flags.ts";
import { GENERATE_FLAGS } from "../../../src/cli/generate/flags.ts";
import { runGenerate } from "../../../src/cli/generate/generate.ts";
import { describeBytes, describeCount, describeTransfer } from "../../../src/cli/progress/facts.ts";
import { Progress } from "../../../src/cli/progress/progress.ts";
import { takesControls } from "../../../src/cli/terminal/output.ts";
import { RecordedView } from "./recorded_progress.ts";

/** What is drawn of 100 tokens at 10 in a second, told at the given seconds. */
function drawnAt(seconds: number[], columns: number | null, label = "reading"): string[] {
  const view = new RecordedView(columns);
  {
    using progress = new Progress(label, describeCount("token"), view);
    for (const second of seconds) {
      view.time = second * 1000;
      progress.update({ done: 10 * second, total: 100 });
    }
  }
  return view.drawn;
}

Deno.test("a bar with the time left appears within half a second and is wiped at the end", () => {
  assertEquals(drawnAt([0.1, 0.2], 80), []);
  assertEquals(drawnAt([0.1, 0.3, 5], 80), [
    `\rreading [#.......................]  3 %  3 of 100 tokens, 10 s left\x1b[K`,
    `\rreading [############............] 50 %  50 of 100 tokens, 5 s left\x1b[K`,
    "\r\x1b[K",
  ]);
});

Deno.test("work that is silent at first is named at once, and wiped", () => {
  const view = new RecordedView(8);
  {
    using progress = new Progress("loading it", describeBytes, view);
    progress.begin();
  }
  assertEquals(view.drawn, ["\rloading\x1b[K", "\r\x1b[K"]);
  const lines = new RecordedView(null);
  new Progress("loading it", describeBytes, lines).begin();
  assertEquals(lines.drawn, []);
});

/** What is drawn in twenty seconds of work in which a line is said, on a terminal and elsewhere. */
function drawnOfWork(): string[] {
  return [null, 80].flatMap((columns) => {
    const view = new RecordedView(columns);
    using progress = new Progress("loading it", describeBytes, view);
    progress.begin();
    view.time = 20_000;
    progress.update({ done: 1, total: 2 });
    progress.say("trying again");
    return view.drawn;
  });
}

Deno.test("--quiet leaves out progress, and no line that is said in the middle of it", async () => {
  // Both runs end before a model is opened.
  const generate = (...args: string[]) =>
    assertRejects(() =>
      runGenerate(parseFlags("generate", GENERATE_FLAGS, [...args, "--logprobs", "1"]))
    );
  const chat = (...args: string[]) =>
    assertRejects(() => runChat(parseFlags("chat", CHAT_FLAGS, args), () => Promise.reject()));
  for (const run of [generate, chat]) {
    await run("--quiet");
    assertEquals(drawnOfWork(), ["trying again\n", "trying again\n"]);
    await run();
    assert(drawnOfWork().length > 2);
  }
});

Deno.test("the time in which work was silent at first does not count in what is left", () => {
  const view = new RecordedView(null);
  using progress = new Progress("loading", describeCount("byte"), view);
  progress.begin();
  for (const [seconds, done] of [[20, 10], [21, 20], [31, 40]]) {
    view.time = 1000 * seconds;
    progress.update({ done, total: 100 });
  }
  assertEquals(view.drawn, [
    "loading: 10 %, 10 of 100 bytes\n",
    "loading: 40 %, 40 of 100 bytes, 30 s left\n",
  ]);
});

Deno.test("a bar is drawn ten times a second at most", () => {
  assertEquals(drawnAt([0.6, 0.65, 0.69, 0.7, 0.75], 80).length, 3);
});

Deno.test("a narrow terminal gets a shorter bar, or none, and never a second line", () => {
  const told = "3 of 100 tokens, 10 s left";
  assertEquals(drawnAt([0.3], 50)[0], `\rreading [......]  3 %  ${told}\x1b[K`);
  assertEquals(drawnAt([0.3], 49)[0], `\rreading [.....]  3 %  ${told}\x1b[K`);
  assertEquals(drawnAt([0.3], 48)[0], `\rreading   3 %  ${told}\x1b[K`);
  assertEquals(drawnAt([0.3], 20)[0], "\rreading   3 %  3 of\x1b[K");
  const long = "fetching some-org/A-Model-With-A-Name";
  assertEquals(drawnAt([0.3], 79, long)[0], `\r${long} [.....]  3 %  ${told}\x1b[K`);
  assertEquals(drawnAt([0.3], 60, long)[0], `\rfetching some-org/A-Mode…   3 %  ${told}\x1b[K`);
});

Deno.test("where later parts take longer, the time left is that of the work, not of the tokens", () => {
  const view = new RecordedView(80);
  using progress = new Progress("reading", describeCount("token"), view);
  // Half of the tokens after ten seconds, which are a quarter of the work.
  for (const [seconds, done, part] of [[5, 30, 0.125], [10, 50, 0.25]]) {
    view.time = 1000 * seconds;
    progress.update({ done, total: 100, part });
  }
  assertEquals(
    view.drawn.at(-1),
    `\rreading [############............] 50 %  50 of 100 tokens, 30 s left\x1b[K`,
  );
});

Deno.test("without a terminal there is a line after a second and then every ten seconds", () => {
  assertEquals(drawnAt([0.9], null), []);
  assertEquals(drawnAt([0.5, 1, 2, 5, 8], null), [
    "reading: 10 %, 10 of 100 tokens, 9 s left\n",
  ]);
  assertEquals(drawnAt([1, 6, 10.9, 11], null).length, 2);
});

Deno.test("a dumb terminal gets lines, as a file does", () => {
  assertEquals(takesControls(true, "xterm-256color"), true);
  assertEquals(takesControls(true, "dumb"), false);
  assertEquals(takesControls(false, "xterm-256color"), false);
});

Deno.test("the time left follows the speed of the last seconds", () => {
  const view = new RecordedView();
  using progress = new Progress("working", undefined, view);
  for (let second = 1; second <= 20; second++) {
    view.time = second * 1000;
    // Ten times as slow from the tenth second on.
    progress.update({ done: second <= 10 ? 10 * second : 90 + second, total: 120 });
  }
  assertEquals(view.drawn.at(-1), "\rworking [######################..] 91 %  10 s left\x1b[K");
});

Deno.test("a stall late in long work does not multiply the time left", () => {
  const view = new RecordedView();
  using progress = new Progress("working", undefined, view);
  for (let second = 1; second <= 110; second++) {
    view.time = second * 1000;
    // A step in a second, then hardly any for ten seconds.
    progress.update({ done: second <= 100 ? second : 100 + (second - 100) / 100, total: 106 });
  }
  assertEquals(view.drawn.at(-1), "\rworking [#######################.] 94 %  10 s left\x1b[K");
});

Deno.test("the very beginning tells nothing of the time that is left", () => {
  const view = new RecordedView();
  using progress = new Progress("working", undefined, view);
  for (const done of [4, 5]) {
    view.time += 1000;
    progress.update({ done, total: 1000 });
  }
  assertEquals(view.drawn.map((line) => line.includes("left")), [false, true]);
});

Deno.test("what was there before the work began tells nothing of its speed", () => {
  const view = new RecordedView();
  using progress = new Progress("fetching it", describeTransfer, view);
  for (view.time = 0; view.time <= 10_000; view.time += 100) {
    const fresh = view.time * 2e3;
    progress.update({ done: 20e6 + fresh, total: 100e6, fresh });
  }
  assertEquals(
    view.drawn.at(-1),
    "\rfetching it [##########..............] 40 %  40.0 of 100.0 MB, 2.0 MB/s, 30 s left\x1b[K",
  );
});

Deno.test("work without a known end tells what is done", () => {
  const view = new RecordedView();
  using progress = new Progress("reading text", describeCount("document"), view);
  view.time = 1000;
  progress.update({ done: 640 });
  assertEquals(view.drawn, ["\rreading text 640 documents\x1b[K"]);
});

Deno.test("a line that is said does not break the one that is drawn over", () => {
  const view = new RecordedView();
  using progress = new Progress("loading", describeBytes, view);
  view.time = 400;
  progress.update({ done: 5e5, total: 1e6 });
  progress.say("waiting");
  assertEquals(view.drawn.slice(1), ["\r\x1b[K", "waiting\n"]);
});
