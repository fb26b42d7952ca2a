import { assert, assertEquals, assertRejects } from "@std/assert";
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

Deno.test("a line without end is refused before it fills the memory", async () => {
  const mebibyte = new Uint8Array(2 ** 20).fill(0x61);
  let given = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(stream) {
      given++;
      stream.enqueue(mebibyte);
    },
  });
  using source = pipedMessages(endless);
  await assertRejects(() => source.next(), DataError, "a message has more than 67108864 bytes");
  assert(given < 80, `${given} MiB were read`);
});
