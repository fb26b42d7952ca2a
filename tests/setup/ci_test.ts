import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const CI = fromFileUrl(new URL("../../.ci/run", import.meta.url));

/** What the stand-in for Deno does when asked for a task, as lines of a shell's case statement. */
interface Stub {
  test: string;
  long?: string;
  swiftshader: string;
  lint?: string;
}

/** Runs the CI script with a program named deno of our own. */
async function runCi({ test, long = PASSES, swiftshader, lint = "true" }: Stub) {
  const folder = await Deno.makeTempDir();
  const script = `#!/bin/sh\ncase "$2" in\n` +
    `test) ${test};;\ntest:long) ${long};;\n` +
    `test:swiftshader) ${swiftshader};;\nlint) ${lint};;\nesac\n`;
  await Deno.writeTextFile(join(folder, "deno"), script, { mode: 0o755 });
  const { code, stdout } = await new Deno.Command("bash", {
    args: [CI],
    env: { PATH: `${folder}:/usr/bin:/bin` },
  }).output();
  const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
  return { code, last: lines.at(-1)!, all: lines.join("\n") };
}

const ignore = Deno.build.os === "windows";
const PASSES = "echo 'ok | 12 passed (3 steps) | 0 failed | 1 ignored (3s)'";

Deno.test({
  name: "CI adds the counts of short and long tests and of both drivers",
  ignore,
  async fn() {
    const { code, last } = await runCi({
      test: PASSES,
      long: "echo 'ok | 4 passed | 0 failed (1m1s)'",
      swiftshader: "echo 'ok | 30 passed | 0 failed (2m3s)'",
    });
    assertEquals([code, last], [0, "46 passed, 0 failed"]);
  },
});

Deno.test({
  name: "CI fails with the failures of any tests, and with a failed check",
  ignore,
  async fn() {
    const failing = "echo 'FAILED | 10 passed | 2 failed (1s)'; exit 1";
    const first = await runCi({ test: failing, swiftshader: PASSES });
    assertEquals([first.code, first.last], [1, "34 passed, 2 failed"]);
    const second = await runCi({ test: PASSES, swiftshader: failing });
    assertEquals([second.code, second.last], [1, "34 passed, 2 failed"]);
    const long = await runCi({ test: PASSES, long: failing, swiftshader: PASSES });
    assertEquals([long.code, long.last], [1, "34 passed, 2 failed"]);
    const check = await runCi({ test: PASSES, swiftshader: PASSES, lint: "exit 1" });
    assertEquals([check.code, check.last], [1, "36 passed, 1 failed"]);
    assertStringIncludes(check.all, "FAILED: lint");
  },
});

Deno.test({
  name: "a crash, a run without tests and a missing first driver are failures, not successes",
  ignore,
  async fn() {
    const crash = await runCi({ test: PASSES, swiftshader: "exit 139" });
    assertEquals([crash.code, crash.last], [1, "24 passed, 1 failed"]);
    const nothing = await runCi({
      test: "echo 'ok | 0 passed | 0 failed (0ms)'",
      swiftshader: PASSES,
    });
    assertEquals([nothing.code, nothing.last], [1, "24 passed, 1 failed"]);
    const noDriver = await runCi({ test: "exit 69", swiftshader: "exit 69" });
    assertEquals([noDriver.code, noDriver.last], [1, "12 passed, 1 failed"]);
  },
});

Deno.test({
  name: "a second driver that cannot be had is said to be missing, not passed over",
  ignore,
  async fn() {
    const { code, last, all } = await runCi({ test: PASSES, swiftshader: "exit 69" });
    assertEquals([code, last], [0, "24 passed, 0 failed"]);
    assertStringIncludes(all, "NOT RUN: test:swiftshader");
  },
});
