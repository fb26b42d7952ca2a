import { assertEquals } from "@std/assert";
import { nextChunk } from "../../../src/decode/prefill.ts";

Deno.test("chunks get fewer rows where a single dispatch takes longer than Ctrl-C should wait", () => {
  assertEquals(nextChunk(128, 0), 128);
  assertEquals(nextChunk(128, 100), 128);
  assertEquals(nextChunk(128, 250), 64);
  assertEquals(nextChunk(20, 250), 16);
  assertEquals(nextChunk(16, 2500), 16);
  assertEquals(nextChunk(4, 2500), 4);
});
