import { assertEquals } from "@std/assert";
import { describeError, OutputClosedError, UsageError } from "../../src/cli/errors.ts";
import { OutputFailedError } from "../../src/engine/errors.ts";
import { DataError, NoInputError } from "../../src/format/errors.ts";
import { GpuError, NoGpuError } from "../../src/gpu/errors.ts";
import { CacheError, HubDataError, HubError } from "../../src/hub/errors.ts";

Deno.test("every kind of error has its exit code and one line", () => {
  assertEquals(describeError(new UsageError("a")), { exitCode: 64, line: "a" });
  assertEquals(describeError(new DataError("a")), { exitCode: 65, line: "a" });
  assertEquals(describeError(new NoInputError("a")), { exitCode: 66, line: "a" });
  assertEquals(describeError(new Deno.errors.NotFound("a")), { exitCode: 66, line: "a" });
  assertEquals(describeError(new NoGpuError("a")), { exitCode: 69, line: "a" });
  assertEquals(describeError(new GpuError("a")), { exitCode: 69, line: "a" });
  assertEquals(describeError(new OutputClosedError("a")), { exitCode: 0, line: null });
  assertEquals(describeError(new OutputFailedError("a")), { exitCode: 74, line: "a" });
  assertEquals(describeError(new HubError("a")), { exitCode: 66, line: "a" });
  assertEquals(describeError(new HubDataError("a")), { exitCode: 65, line: "a" });
  assertEquals(describeError(new CacheError("a")), { exitCode: 74, line: "a" });
  assertEquals(describeError(new TypeError("a")), { exitCode: 70, line: "internal error: a" });
  assertEquals(describeError("a"), { exitCode: 70, line: "internal error: a" });
});

Deno.test("what an error quotes can neither break the line nor steer the terminal", () => {
  assertEquals(describeError(new UsageError("a\n  b\x1b[31m")).line, "a b\ufffd[31m");
});
