import { assertEquals } from "@std/assert";
import { progressBar } from "../../../src/cli/terminal/progress.ts";

/** What is drawn for updates at given milliseconds. */
function drawnAt(times: number[], isTerminal = true): string[] {
  const drawn: string[] = [];
  let time = 0;
  {
    using bar = progressBar("loading", isTerminal, () => time, (text) => drawn.push(text));
    for (time of times) bar.update(time, 2000);
  }
  return drawn;
}

Deno.test("a bar appears only after half a second and is wiped at the end", () => {
  assertEquals(drawnAt([100, 499]), []);
  assertEquals(drawnAt([100, 1000]), [
    `\rloading [${"#".repeat(15)}${".".repeat(15)}] 50 %\x1b[K`,
    "\r\x1b[K",
  ]);
});

Deno.test("a bar is not drawn more often than ten times a second, nor without a terminal", () => {
  assertEquals(drawnAt([600, 650, 699, 700, 750]).length, 3);
  assertEquals(drawnAt([600, 1000], false), []);
});
