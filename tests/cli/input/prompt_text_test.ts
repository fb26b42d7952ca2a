import { assertEquals, assertRejects } from "@std/assert";
import { readPiped, readToEnd } from "../../../src/cli/input/prompt_text.ts";
import { DataError, NoInputError } from "../../../src/format/errors.ts";
import { pipe } from "./fake_stdin.ts";

/** What is read from a pipe beside -p, and what is said. */
async function piped(...given: Parameters<typeof pipe>) {
  const lines: string[] = [];
  const patience = { untilNote: 5, untilGivenUp: 20 };
  return { text: await readPiped(pipe(...given), (line) => lines.push(line), patience), lines };
}

Deno.test("a pipe that stays open and empty is given up, which is said", async () => {
  assertEquals(await piped([], { staysOpen: true }), {
    text: "",
    lines: [
      "waiting for standard input, an open pipe; < /dev/null says that there is none",
      "nothing came from standard input in 0.02 s: going on without it (-f - waits for it)",
    ],
  });
});

Deno.test("an empty input is nothing, and says nothing", async () => {
  assertEquals(await piped([]), { text: "", lines: [] });
  assertEquals(await piped(["\n"]), { text: "", lines: [] });
});

Deno.test("characters may be cut by the pieces of a pipe, other bytes are refused", async () => {
  const bytes = new TextEncoder().encode("ab\u00e9\n");
  const byByte = (...bytes: number[]) => ({
    read(buffer: Uint8Array) {
      const byte = bytes.shift();
      if (byte === undefined) return Promise.resolve(null);
      buffer[0] = byte;
      return Promise.resolve(1);
    },
  });
  assertEquals(await readToEnd(byByte(...bytes), "x"), "ab\u00e9");
  await assertRejects(() => readToEnd(byByte(0x61, 0xff), "x"), DataError, "x: the prompt is not");
  await assertRejects(() => readToEnd(byByte(0xc3), "x"), DataError, "not UTF-8");
});

Deno.test("an input that cannot be read is named", async () => {
  const broken = { read: () => Promise.reject(new Error("Is a directory (os error 21)")) };
  const message = "stdin cannot be read: Is a directory";
  await assertRejects(() => readPiped(broken, () => {}), NoInputError, message);
});
