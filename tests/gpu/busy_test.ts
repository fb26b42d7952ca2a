import { assertEquals } from "@std/assert";
import { keepBusy } from "../../src/gpu/busy.ts";

async function workOn(isSoftware: boolean, milliseconds: number): Promise<number> {
  let [time, count] = [0, 0];
  const work = () => {
    time += milliseconds;
    count++;
    return Promise.resolve();
  };
  await keepBusy({ isSoftware }, work, () => time);
  return count;
}

Deno.test("a graphics card works for a second before something is timed, a software driver does not", async () => {
  assertEquals(await workOn(false, 300), 4);
  assertEquals(await workOn(false, 5000), 1);
  assertEquals(await workOn(true, 300), 0);
});
