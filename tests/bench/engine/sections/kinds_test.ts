import { assertEquals } from "@std/assert";
import { layerKinds } from "../../../../src/bench/engine/sections/kinds.ts";
import { fakeDispatch } from "../../fake_dispatch.ts";

Deno.test("a layer's dispatches are told apart with matrices in slices and norms of their own", () => {
  const attention = [
    fakeDispatch("product", "inputs"),
    fakeDispatch("product", "inputs"),
    fakeDispatch("norm", "head norms"),
    fakeDispatch("attention", "attention"),
    fakeDispatch("product", "output"),
    fakeDispatch("norm", "norm"),
  ];
  const mlp = [
    ...["gated", "gated", "down", "down"].map((label) => fakeDispatch("product", label)),
    fakeDispatch("norm", "norm"),
  ];
  const kinds = layerKinds(({ attention: skipped }) => skipped.has(0) ? mlp : attention, 2);
  assertEquals(kinds.map(([kind, { length }]) => [kind, length]), [
    ["queries, keys, values", 3],
    ["attention", 1],
    ["attention output", 2],
    ["gate and up", 2],
    ["down", 3],
  ]);
});
