import { assertEquals, assertRejects } from "@std/assert";
import { DEMO_FOLDER } from "../../../src/engine/demo_folder.ts";
import { openModel } from "../../../src/engine/library/model.ts";

Deno.test("a signal ends the loading with its reason, before it begins and in the middle of it", async () => {
  const reason = new Error("not wanted any more");
  const before = openModel("/nowhere", { signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => before), reason);
  const abort = new AbortController();
  const heard: number[] = [];
  const during = openModel(DEMO_FOLDER, {
    signal: abort.signal,
    onProgress(done) {
      heard.push(done);
      abort.abort(reason);
    },
  });
  assertEquals(await assertRejects(() => during), reason);
  assertEquals(heard.length, 1);
});
