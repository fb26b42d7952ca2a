import { assertEquals } from "@std/assert";
import { pipedMessages } from "../../../src/cli/terminal/message_source.ts";

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
