import { assertEquals } from "@std/assert";
import { wrapLine } from "../../../src/cli/terminal/wrapped_line.ts";

/** Lines, and what they are on a terminal of 16 columns. */
const CASES: [line: string, shown: string[]][] = [
  ["short", ["short"]],
  ["exactly 16 wide.", ["exactly 16 wide."]],
  ["a line that is too long", ["a line that is", "too long"]],
  ["\x1b[2mdim words, no width\x1b[22m", ["\x1b[2mdim words, no", "width\x1b[22m"]],
  ["  /set  shows and sets", ["  /set  shows", "        and sets"]],
  ["  \x1b[1m/set\x1b[22m  shows and sets", ["  \x1b[1m/set\x1b[22m  shows", "        and sets"]],
  ["  a-long-column  that hangs", ["  a-long-column", "  that hangs"]],
  ["an-unbelievably-long-word here", ["an-unbelievably-long-word", "here"]],
  ["中文 中文 中文 中文", ["中文 中文 中文", "中文"]],
];

Deno.test("lines for people break between words, and hang under their second column", () => {
  for (const [line, shown] of CASES) assertEquals(wrapLine(line, 16), shown.join("\n"));
});
