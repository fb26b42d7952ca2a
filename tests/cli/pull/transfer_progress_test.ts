import { assertEquals } from "@std/assert";
import { TransferProgress } from "../../../src/cli/pull/transfer_progress.ts";

/** What is drawn for a transfer of 100 MB at 2 MB/s, of which 20 MB were there, at given seconds. */
function drawnAt(seconds: number[], isTerminal: boolean): string[] {
  const drawn: string[] = [];
  let time = 0;
  {
    const draw = (text: string) => void drawn.push(text);
    using progress = new TransferProgress({ isTerminal, now: () => time * 1000, draw });
    for (time of seconds) {
      const received = time * 2e6;
      progress.update({ done: 20e6 + received, total: 100e6, received });
    }
  }
  return drawn;
}

Deno.test("a terminal sees a bar with bytes, speed and time left, which goes when all is there", () => {
  assertEquals(
    drawnAt([0, 0.05, 10], true),
    [
      `\r[####................] 20 %  20.0 of 100.0 MB\x1b[K`,
      `\r[########............] 40 %  40.0 of 100.0 MB, 2.0 MB/s, 30 s left\x1b[K`,
      "\r\x1b[K",
    ].map((line) => line),
  );
});

Deno.test("elsewhere there is a line at once and then every ten seconds", () => {
  assertEquals(drawnAt([0, 1, 2, 9, 11, 12, 20], false), [
    "20.0 of 100.0 MB\n",
    "42.0 of 100.0 MB, 2.0 MB/s, 29 s left\n",
  ]);
});

Deno.test("a line that is said does not break the one that is drawn over", () => {
  const drawn: string[] = [];
  const draw = (text: string) => void drawn.push(text);
  using progress = new TransferProgress({ isTerminal: true, now: () => 0, draw });
  progress.update({ done: 0, total: 1, received: 0 });
  progress.say("waiting");
  assertEquals(drawn.slice(1), ["\r\x1b[K", "waiting\n"]);
});
