/** A tiny checkpoint with drafts of every method beside the same without. */
import { assert, assertEquals } from "@std/assert";
import type { DecodeRequest } from "../../../src/decode/types.ts";
import { GREEDY } from "../../../src/ops/choose.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { collect } from "../../decode/collect.ts";
import {
  draftingMethods,
  exactDecoder,
  type GoldenCase,
  loadGolden,
  SMALL_TREES,
  type TreeSizes,
} from "./architecture_goldens.ts";

/** With seeds that make different texts. */
const SAMPLINGS = [GREEDY, { ...GREEDY, temperature: 0.7, seed: 5 }];

/** What takes part. */
interface Drafting {
  /** Whether those methods do, too, that are seldom right. */
  everyMethod: boolean;
  /** Small ones if left out. */
  trees?: TreeSizes;
}

/** Continues the cases' prompts with the checkpoint in the folder, and compares the ids. */
export async function assertDraftsChangeNothing(
  gpu: Gpu,
  folder: string,
  cases: readonly Pick<GoldenCase, "prompt_ids">[],
  { everyMethod, trees = SMALL_TREES }: Drafting,
): Promise<void> {
  using resources = new DisposableStack();
  const model = resources.use(await loadGolden(gpu, folder));
  const plain = resources.use(exactDecoder(model));
  const requests = requestsFor(cases);
  const expected: number[][] = [];
  for (const request of requests) expected.push((await collect(plain, request)).ids);
  for (const [name, { method, isOftenRight }] of draftingMethods(model, trees, resources)) {
    if (!isOftenRight && !everyMethod) continue;
    using decoder = exactDecoder(model, method);
    let accepted = 0;
    for (const [i, request] of requests.entries()) {
      const { ids, acceptedByOffset } = await collect(decoder, request);
      assertEquals(ids, expected[i], name);
      accepted += acceptedByOffset.reduce((sum, count) => sum + count, 0);
    }
    // Nothing would be proved if no draft were ever accepted; random maps and lookups may miss, small trees often.
    assert(accepted > 2 || !isOftenRight, `${name}: ${accepted} drafts were accepted`);
  }
}

/** The prompts that are longer than a window, each continued in every way. */
function requestsFor(cases: readonly Pick<GoldenCase, "prompt_ids">[]): DecodeRequest[] {
  return cases.map(({ prompt_ids }) => prompt_ids).filter(({ length }) => length > 10)
    .flatMap((promptIds) =>
      SAMPLINGS.map((sampling) => ({ promptIds, maxTokens: 24, sampling, eosTokenIds: [] }))
    );
}
