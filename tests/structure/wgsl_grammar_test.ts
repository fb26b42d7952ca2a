/** Kernels keep to what every compiler of WGSL takes, not the one alone that they are tested with. */
import { assertEquals } from "@std/assert";
import { sourceFiles } from "./source.ts";
import { barriersInDoubt, mixedOperators } from "./wgsl_grammar.ts";

const kernels = await sourceFiles("wgsl", ".wgsl");

Deno.test("kernels have brackets where the grammar of WGSL asks for them", () => {
  assertEquals(mixedOperators(kernels), []);
});

Deno.test("all lanes pass the barriers of a kernel, whatever buffers hold that it writes", () => {
  assertEquals(barriersInDoubt(kernels), []);
});

Deno.test("operators that need brackets are found", () => {
  const found = (expression: string) =>
    mixedOperators([{ path: "k", text: `fn f() { let a = ${expression}; }` }]).length > 0;
  const wrong = ["a >> 8u & 255u", "a >= b & c <= d", "f(a + b << 2u)", "a && b || c", "a | b & c"];
  const right = [
    "(a >> 8u) & 255u",
    "a < b && -c > ~d",
    "f(&a, b & c)",
    "a & b & !c",
    "vec4<bool>(a) & b",
  ];
  assertEquals(wrong.filter((expression) => !found(expression)), []);
  assertEquals(right.filter(found), []);
});

Deno.test("barriers that some lanes may not pass are found", () => {
  const found = (...body: string[]) => {
    const lines = body.map((line) => `  ${line}`).join("\n");
    const text =
      `var<storage, read_write> rows: Rows;\nvar<storage, read> read: Rows;\nfn main() {\n${lines}\n}\n`;
    return barriersInDoubt([{ path: "k", text }]).length > 0;
  };
  const barrier = "workgroupBarrier();";
  assertEquals(found("if (rows.count == 0u) {", "  return;", "}", barrier), true);
  assertEquals(found("let n = rows.count;", "if (n > 2u) {", `  ${barrier}`, "}"), true);
  assertEquals(found("if (lane > 0u) {", "  return;", "}", barrier), true);
  assertEquals(found("if (read.count == 0u) {", "  return;", "}", barrier), false);
  assertEquals(found(barrier, "if (lane > 0u) {", "  return;", "}"), false);
  assertEquals(found("if (lane == 0u) {", "  rows.count = 0u;", "}", barrier), false);
});
