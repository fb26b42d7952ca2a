import { assertEquals, assertRejects } from "@std/assert";
import { pipedMessages } from "../../../src/cli/terminal/message_source.ts";
import { DataError } from "../../../src/format/errors.ts";

async function messages(text: string): Promise<string[]> {
  using source = pipedMessages(new Blob([text]).stream());
  const all: string[] = [];
  for (;;) {
    const read = await source.next();
    if (read.kind !== "message") return all;
    all.push(read.text);
  }
}

Deno.test("each piped line is a message, and a backslash at its end goes on in the next", async () => {
  assertEquals(await messages("one\r\ntwo\n"), ["one", "two"]);
  assertEquals(await messages("one\\\n  two\\\n\nthree"), ["one\n  two\n", "three"]);
  assertEquals(await messages("a\\b\nlast\\"), ["a\\b", "last"]);
  assertEquals(await messages(""), []);
});

Deno.test("a message may come in pieces, and one that is not UTF-8 is refused after those before it", async () => {
  const bytes = [...new TextEncoder().encode("grün\n€")];
  const pieces = bytes.map((byte) => Uint8Array.of(byte));
  using source = pipedMessages(ReadableStream.from([...pieces, Uint8Array.of(0x0a, 0xff, 0x0a)]));
  const texts = [await source.next(), await source.next()];
  assertEquals(texts, ["grün", "€"].map((text) => ({ kind: "message", text })));
  await assertRejects(() => source.next(), DataError, "not UTF-8");
});
