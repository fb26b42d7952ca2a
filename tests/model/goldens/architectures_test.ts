/** Every architecture computes what the transformers library computes, with drafts as without. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ARCHITECTURES } from "../../../src/model/architectures/lookup.ts";
import { WRAPPERS } from "../../../src/model/architectures/wrappers.ts";
import { IS_SECOND_DRIVER, withGpu } from "../../gpu/with_gpu.ts";
import { assertDraftsChangeNothing } from "./architecture_drafting.ts";
import {
  assertGolden,
  type GoldenCase,
  goldenCases,
  GOLDENS,
  KINDS,
  WIDE_TREES,
} from "./architecture_goldens.ts";

/** Those whose layers differ most from each other; the long tests draft with all, though not with such trees. */
const DRAFTING_KINDS = ["gemma3", "mistral-window", "qwen2-moe", "gpt-oss", "gpt-neox", "phi"];

Deno.test("every architecture has a checkpoint with what the library computes", async () => {
  const configs = KINDS.map((kind) => Deno.readTextFile(join(GOLDENS, kind, "config.json")));
  const made = (await Promise.all(configs)).flatMap((text) => JSON.parse(text).architectures);
  const known = [...ARCHITECTURES, ...WRAPPERS].map(({ name }) => name);
  assertEquals(known.filter((name) => !made.includes(name)), []);
});

/** The long tests try each with the kernels of other devices. */
for (const kind of KINDS) {
  withGpu(`${kind} has the library's logits and ids`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    await assertGolden(gpu, folder, partOf(await goldenCases(folder)));
  });
}

for (const kind of DRAFTING_KINDS) {
  withGpu(`${kind} says the same with drafts of every method`, async (gpu) => {
    const folder = join(GOLDENS, kind);
    const cases = partOf(await goldenCases(folder));
    const everyMethod = !IS_SECOND_DRIVER;
    await assertDraftsChangeNothing(gpu, folder, cases, { everyMethod, trees: WIDE_TREES });
  });
}

/** All cases; on the slow second driver one whose prompt is longer than a window. */
function partOf(cases: readonly GoldenCase[]): readonly GoldenCase[] {
  return IS_SECOND_DRIVER ? cases.slice(2, 3) : cases;
}
