import { assertEquals } from "@std/assert";
import type { KernelCheck } from "../../../src/checks/check.ts";
import { checkLine, conclude, deviceText, runChecks } from "../../../src/cli/doctor/report.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { RecordedOutput } from "../terminal/recorded_output.ts";

const DEVICE = { adapter: { name: "one", vendor: "", fallback: true }, features: {} };
const FLAGS = { json: false };
const ROWS = [{ rows: 1, seconds: 0.004, ratio: 1 }];

const CHECKS: KernelCheck[] = [
  { name: "right", run: () => Promise.resolve({ passed: true, detail: "8 values" }) },
  { name: "wrong", run: () => Promise.resolve({ passed: false, detail: "value 3 is 1" }) },
  { name: "thrown", run: () => Promise.reject(new Error("device lost")) },
];

/** Runs checks that do not look at the device. */
async function reportsOf(checks: readonly KernelCheck[]) {
  const lines: string[] = [];
  const reports = await runChecks({} as Gpu, checks, (report) => {
    lines.push(checkLine({ ...report, seconds: 0 }));
    return Promise.resolve();
  });
  return { reports: reports.map((report) => ({ ...report, seconds: 0 })), lines };
}

Deno.test("each check is told in turn, and one that throws stops no other", async () => {
  assertEquals((await reportsOf([CHECKS[2], ...CHECKS])).lines, [
    "FAIL  thrown: device lost (0.00 s)\n",
    "pass  right: 8 values (0.00 s)\n",
    "FAIL  wrong: value 3 is 1 (0.00 s)\n",
    "FAIL  thrown: device lost (0.00 s)\n",
  ]);
});

Deno.test("a failed check is the verdict and the exit code", async () => {
  const output = new RecordedOutput();
  const { reports } = await reportsOf(CHECKS);
  assertEquals(await conclude({ device: DEVICE, checks: reports, rows: ROWS }, FLAGS, output), 1);
  assertEquals(output.text.split(":")[0], "2 of 3 checks failed");
  const good = new RecordedOutput();
  assertEquals(
    await conclude({ device: DEVICE, checks: reports.slice(0, 1), rows: ROWS }, FLAGS, good),
    0,
  );
  assertEquals(good.text, "1 check passed\n");
});

Deno.test("with --json the whole report is one object", async () => {
  const output = new RecordedOutput();
  const { reports } = await reportsOf(CHECKS.slice(0, 1));
  await conclude({ device: DEVICE, checks: reports, rows: ROWS }, { json: true }, output);
  assertEquals(JSON.parse(output.text), {
    ...DEVICE,
    checks: [{ name: "right", passed: true, detail: "8 values", seconds: 0 }],
    rows: ROWS,
    passed: true,
  });
});

Deno.test("facts stand in columns and empty ones are left out", () => {
  assertEquals(
    deviceText(DEVICE),
    "adapter\n  name      one\n  fallback  yes\n\nfeatures\n  none\n\n",
  );
});
