import { assertEquals } from "@std/assert";
import { bytesText, partOfBytesText, secondsText } from "../../src/cli/quantities.ts";

Deno.test("bytes have the unit that keeps them short", () => {
  const texts = [0, 999, 1000, 269_060_552, 15.2e9, 3e15].map(bytesText);
  assertEquals(texts, ["0 B", "999 B", "1.0 kB", "269.1 MB", "15.2 GB", "3000.0 TB"]);
  assertEquals(partOfBytesText(12e6, 15.2e9), "0.0 of 15.2 GB");
});

Deno.test("time left is told as roughly as it is known", () => {
  const texts = [0.2, 42, 99, 100, 3600, 7500].map(secondsText);
  assertEquals(texts, ["1 s", "42 s", "99 s", "2 min", "60 min", "2 h 5 min"]);
});
