import { assert, assertEquals } from "@std/assert";
import { type Import, importsOf, resolveImport, sourceFiles } from "./source.ts";

/** The layers of src/: each may import those before it. `std` stands for the standard library. */
const ORDER = [
  "std",
  "format",
  "gpu",
  "ops",
  "model",
  "draft",
  "decode",
  "train",
  "engine",
  "checks",
  "bench",
  "cli",
];

/** Layers that import nothing of ours but the standard library. */
const GROUND = ["format", "gpu"];

/** What comes from outside the project. */
const PACKAGES = /^(@std\/|@huggingface\/|fast-check$|wgsl_reflect$|node:)/;

/** What figures are drawn with; the program itself does without. */
const FIGURE_PACKAGES = /^(@observablehq\/plot|linkedom)$/;

/** A violation in words, or null: pure, so that the test can be shown to catch one. */
function violation(path: string, { specifier }: Pick<Import, "specifier">): string | null {
  const layer = path.split("/")[1];
  if (!specifier.startsWith(".")) {
    if (layer === "std" || PACKAGES.test(specifier)) return null;
    if (layer === "bench" && FIGURE_PACKAGES.test(specifier)) return null;
    return `${path} imports ${specifier}, which is not among the project's packages`;
  }
  const target = resolveImport(path, specifier);
  if (target.startsWith("wgsl/")) {
    if (layer === "ops" || layer === "train") return null;
    return `${path} imports the kernel ${target}; kernels belong to ops and train`;
  }
  if (layer === "cli" && target === "deno.json") return null; // the program's version
  const targetLayer = target.match(/^src\/([^/]+)\//)?.[1] ?? "";
  const [place, targetPlace] = [ORDER.indexOf(layer), ORDER.indexOf(targetLayer)];
  const isBelow = targetPlace >= 0 && targetPlace < place && !GROUND.includes(layer);
  if (targetLayer === layer || isBelow) return null;
  return `${path} imports ${target}, which is not below ${layer}`;
}

Deno.test("imports run downward only", async () => {
  const files = await sourceFiles("src", ".ts");
  const found = files.flatMap(({ path, text }) =>
    importsOf(text).map((taken) => violation(path, taken))
  );
  assertEquals(found.filter((line) => line !== null), []);
  assert(found.length > files.length, `only ${found.length} imports in ${files.length} files`);
});

Deno.test("every layer of src/ has its place in the order", async () => {
  const layers = new Set((await sourceFiles("src", ".ts")).map(({ path }) => path.split("/")[1]));
  assertEquals([...layers].filter((layer) => !ORDER.includes(layer)), []);
});

Deno.test("the rule catches imports upward, sideways and from unknown packages", () => {
  const takes = (specifier: string) => ({ specifier });
  assert(violation("src/gpu/gpu.ts", takes("../ops/matmul.ts")));
  assert(violation("src/format/config.ts", takes("../gpu/gpu.ts")));
  assert(violation("src/draft/tree.ts", takes("../decode/types.ts")));
  assert(violation("src/model/load.ts", takes("../engine/open_model.ts")));
  assert(violation("src/ops/matmul.ts", takes("npm:lodash")));
  assert(violation("src/cli/chat.ts", takes("../../wgsl/matmul.wgsl")));
  assert(violation("src/cli/chat.ts", takes("../../tests/reference/model.ts")));
  assert(violation("src/bench/timing.ts", takes("../../tests/ops/cases.ts")));
  assertEquals(violation("src/model/load.ts", takes("../format/json.ts")), null);
  assertEquals(violation("src/ops/matmul.ts", takes("../gpu/gpu.ts")), null);
  assertEquals(violation("src/ops/matmul.ts", takes("./rows.ts")), null);
});

Deno.test("imports of every form are seen, those in comments are not", () => {
  const text = `
    import a from "./a.ts";
    import type { B, C } from "./b.ts";
    import code from "./k.wgsl" with { type: "text" };
    // import from "./no.ts"
    /* import x from "./no.ts" */
    import "./c.ts";
    export { d } from "./d.ts";
    export * from "./e.ts";
    import {
      f,
      type G,
    } from "./f.ts";
    const h = await import("./h.ts");`;
  assertEquals(
    importsOf(text).map(({ specifier, isTypeOnly }) => specifier + (isTypeOnly ? " type" : "")),
    [
      "./a.ts",
      "./b.ts type",
      "./k.wgsl",
      "./d.ts",
      "./e.ts",
      "./f.ts",
      "./c.ts",
      "./h.ts",
    ],
  );
});
