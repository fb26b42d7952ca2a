import { assert, assertEquals } from "@std/assert";
import { type Import, importsOf, resolveImport, sourceFiles } from "./source.ts";

/** The layers of src/: each may import those before it. `std` stands for the standard library. */
const ORDER = [
  "std",
  "format",
  "gpu",
  "hub",
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
const GROUND = ["format", "gpu", "hub"];

/** What comes from outside src/, and the layers that it belongs to. */
const BELONGINGS: readonly { name: RegExp; layers: readonly string[] }[] = [
  { name: /^(@std\/|@huggingface\/|fast-check$|wgsl_reflect$|node:)/, layers: ORDER },
  // What plots are drawn with; the program itself does without.
  { name: /^(@observablehq\/plot|linkedom)$/, layers: ["bench"] },
  // What the declared packages are served from.
  { name: /^npm:/, layers: ["std"] },
  { name: /^wgsl\//, layers: ["ops", "train"] },
  // The program's name and version.
  { name: /^deno\.json$/, layers: ["cli"] },
];

/** A violation in words, or null: pure, so that the test can be shown to catch one. */
function violation(path: string, { specifier }: Pick<Import, "specifier">): string | null {
  const layer = path.split("/")[1];
  const target = specifier.startsWith(".") ? resolveImport(path, specifier) : specifier;
  const targetLayer = target.match(/^src\/([^/]+)\//)?.[1];
  if (targetLayer === undefined) {
    const belongs = BELONGINGS.some(({ name, layers }) =>
      name.test(target) && layers.includes(layer)
    );
    return belongs ? null : `${path} imports ${target}, which does not belong to ${layer}`;
  }
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

/** Paths of a circle of imports, or null if there is none. Imports of types count. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const follow = (path: string, way: readonly string[]): string[] | null => {
    if (way.includes(path)) return [...way.slice(way.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const next of imports.get(path) ?? []) {
      const circle = follow(next, [...way, path]);
      if (circle) return circle;
    }
    done.add(path);
    return null;
  };
  for (const path of imports.keys()) {
    const circle = follow(path, []);
    if (circle) return circle;
  }
  return null;
}

Deno.test("no imports run in a circle, not even those of types", async () => {
  const files = await sourceFiles("src", ".ts");
  const imports = new Map(files.map(({ path, text }) => [
    path,
    importsOf(text).map(({ specifier }) => specifier)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => resolveImport(path, specifier)),
  ]));
  assertEquals(circleIn(imports), null);
  assertEquals(circleIn(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]])), ["b", "c", "b"]);
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
  assert(violation("src/model/context.ts", takes("../engine/open_model.ts")));
  assert(violation("src/ops/matmul.ts", takes("npm:lodash")));
  assert(violation("src/cli/chat.ts", takes("../../wgsl/matmul.wgsl")));
  assert(violation("src/cli/chat.ts", takes("../../tests/reference/model.ts")));
  assert(violation("src/bench/training.ts", takes("../../tests/ops/cases.ts")));
  assert(violation("src/engine/open_model.ts", takes("../../deno.json")));
  assert(violation("src/cli/chat.ts", takes("linkedom")));
  assertEquals(violation("src/model/context.ts", takes("../format/json.ts")), null);
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
