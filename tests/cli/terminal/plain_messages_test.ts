import { assertEquals } from "@std/assert";
import { PlainMessages } from "../../../src/cli/terminal/plain_messages.ts";

/** A terminal without controls, with what it was shown. */
function plainTerminal() {
  const shown: string[] = [];
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  let listeners = 0;
  let press = () => {};
  const messages = new PlainMessages({
    input: readable,
    show: (text) => Promise.resolve(void shown.push(text)),
    onInterrupt(listener) {
      listeners++;
      press = listener;
      return { [Symbol.dispose]: () => void listeners-- };
    },
  });
  return {
    messages,
    shown,
    type: (text: string) => void writer.write(new TextEncoder().encode(text)),
    interrupt: () => press(),
    hangUp: () => void writer.close(),
    listeners: () => listeners,
  };
}

Deno.test("a terminal without controls gives lines, and is shown prompts and no codes", async () => {
  const { messages, shown, type, hangUp, listeners } = plainTerminal();
  type("one\ntwo\\\nthree\ny\n\n");
  assertEquals(await messages.next(), { kind: "message", text: "one" });
  assertEquals(await messages.next(), { kind: "message", text: "two\nthree" });
  assertEquals([await messages.confirm("overwrite?"), await messages.confirm("again?")], [
    true,
    false,
  ]);
  hangUp();
  assertEquals(await messages.next(), { kind: "end" });
  assertEquals(shown, ["> ", "> ", "  ", "overwrite? [y/N] ", "again? [y/N] ", "> ", "\n"]);
  assertEquals(listeners(), 1);
  messages[Symbol.dispose]();
  assertEquals(listeners(), 0);
});

Deno.test("Ctrl-C at a prompt is told, and the line after it is not lost", async () => {
  const { messages, type, interrupt } = plainTerminal();
  interrupt(); // In an answer: nobody waits for a message.
  const first = messages.next();
  await new Promise((resolve) => setTimeout(resolve));
  interrupt();
  assertEquals(await first, { kind: "interrupt" });
  type("later\n");
  assertEquals(await messages.next(), { kind: "message", text: "later" });
});
