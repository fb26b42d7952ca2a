import { assert, assertEquals } from "@std/assert";
import subgroup8Code from "../../wgsl/products/matmul_subgroup8.wgsl" with { type: "text" };
import pathsCode from "../../wgsl/tree/grow/paths.wgsl" with { type: "text" };
import { MAX_TREE_NODES } from "../../src/format/settings/draft_settings.ts";
import { MAX_MEDUSA_HEADS } from "../../src/format/trained/medusa_heads.ts";
import { MAX_TRANSFER_STEPS } from "../../src/format/trained/transfer_maps.ts";
import { constantOf } from "../../src/gpu/layout.ts";
import { MAX_RANKS } from "../../src/ops/tree/top.ts";
import { MAX_DEPTH, MAX_NODES } from "../../src/ops/limits.ts";
import { PROFILES } from "../../src/ops/profiles.ts";

Deno.test("files may hold as many drafts and nodes as the kernels have room for", () => {
  assertEquals(MAX_TRANSFER_STEPS, MAX_DEPTH);
  assertEquals(MAX_MEDUSA_HEADS, MAX_DEPTH);
  assertEquals(MAX_TREE_NODES, MAX_NODES);
});

Deno.test("layouts keep to what the kernels have registers and codes for", () => {
  const registers = constantOf(subgroup8Code, "MAX_ROWS");
  for (const { layouts: { product } } of Object.values(PROFILES)) {
    if (product.kernel === "matmul_subgroup8") assert(product.rowTile <= registers);
  }
  assert(MAX_RANKS <= constantOf(pathsCode, "CHAIN"), "a rank is not mistaken for the chain");
});
