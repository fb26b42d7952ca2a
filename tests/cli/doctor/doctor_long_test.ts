/** The whole of `doctor` on this machine's adapter: its checks take as long as those of the kernels' tests. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";

const MAIN = fromFileUrl(new URL("../../../main.ts", import.meta.url));

Deno.test("doctor tells the adapter and passes its checks", async () => {
  const args = ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN, "doctor", "--json"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const [report, news] = [JSON.parse(decode(stdout)), decode(stderr)];
  assertEquals(report.checks.filter(({ passed }: { passed: boolean }) => !passed), [], news);
  assert(report.checks.length > 0);
  assertEquals([code, report.passed], [0, true]);
  for (const fact of ["name", "backend", "driver", "software"]) {
    assert(report.adapter[fact], `the adapter's ${fact} is not told`);
  }
  if (Deno.build.os === "linux") assertEquals(report.adapter.backend, "Vulkan");
  assert(report.limits.maxStorageBufferBindingSize > 0);
});

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
