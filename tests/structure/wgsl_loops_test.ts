/** No uniform alone bounds a loop, see wgsl/products/sum_uniform.wgsl. */
import { assert, assertEquals } from "@std/assert";
import { sourceFiles } from "./source.ts";
import { loopsBoundByUniforms } from "./wgsl_loops.ts";

Deno.test("no uniform alone bounds a loop of a kernel", async () => {
  assertEquals(loopsBoundByUniforms(await sourceFiles("wgsl", ".wgsl")), []);
});

Deno.test("a kernel is found whose bounds lose what the driver does not know", async () => {
  const files = await sourceFiles("wgsl", ".wgsl");
  const broken = files.map((file) => {
    const text = file.text.replaceAll(/ \+ (unknown_zero\(\)|\(rows\.count >> 31u\))/g, "");
    return { ...file, text };
  });
  const altered = broken.filter(({ text }, i) => text !== files[i].text);
  assert(altered.length > 5);
  for (const file of altered) {
    const others = files.filter(({ path }) => path !== file.path);
    assert(loopsBoundByUniforms([...others, file]).length > 0, file.path);
  }
});

/** Loops that are found in a kernel with a uniform `sizes`. */
function loopsIn(...lines: string[]): string[] {
  const declarations = [
    "override COLUMNS: u32;",
    "@group(0) @binding(20) var<uniform> sizes: Sizes;",
    "@group(0) @binding(0) var<storage, read> rows: Rows;",
  ];
  return loopsBoundByUniforms([{ path: "k.wgsl", text: [...declarations, ...lines].join("\n") }])
    .map((found) => found.replace(/^k\.wgsl:\d+: /, ""));
}

Deno.test("a bound counts through names, functions and arguments", () => {
  assertEquals(loopsIn("fn main() { for (var i = 0u; i < sizes.count; i++) {} }").length, 1);
  assertEquals(loopsIn("fn main() { let n = sizes.count / 8u; for (var i = 0u; i < n; i++) {} }"), [
    "i < n",
  ]);
  assertEquals(
    loopsIn(
      "fn count() -> u32 { return min(COLUMNS, sizes.count); }",
      "fn main() { var i = 0u; while (i < count()) { i += 4u; } }",
    ),
    ["i < count ( )"],
  );
  assertEquals(
    loopsIn(
      "fn add(row: u32, n: u32) { for (var i = row; i <= n; i++) {} }",
      "fn main() { add(rows.count, sizes.count); }",
    ),
    ["i <= n"],
  );
  assertEquals(
    loopsIn("fn main() { var i = 9u; loop { if (i == sizes.count) { break; } i--; } }"),
    ["i == sizes . count"],
  );
});

Deno.test("what is compiled may bound a loop, and so may what a buffer holds", () => {
  assertEquals(
    loopsIn(
      "fn main(@builtin(local_invocation_index) lane: u32) {",
      "  for (var i = 0u; i < COLUMNS; i++) {}",
      "  for (var i = sizes.first; i < rows.count; i++) {}",
      "  for (var i = 0u; i < sizes.count + (rows.count >> 31u); i++) {}",
      "  for (var i = 0u; i < min(sizes.count, lane); i++) {}",
      "  var end = sizes.count;",
      "  end = rows.count;",
      "  for (var i = 0u; i < end; i++) { if (sizes.count > 0u) { end += 1u; } }",
      "}",
    ),
    [],
  );
});
