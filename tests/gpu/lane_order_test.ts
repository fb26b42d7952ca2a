import { assertEquals, assertThrows } from "@std/assert";
import { reorderLanes } from "./lane_order.ts";

Deno.test("lanes and workgroups of a kernel take each other's places", () => {
  const kernel = `@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  work(group, lane);
}`;
  assertEquals(
    reorderLanes(kernel),
    `fn lane_of(i: u32, n: u32) -> u32 { return n - 1u - select(i, (i % 8u) * (n / 8u) + i / 8u, n % 8u == 0u); }
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group_given: vec3u, @builtin(local_invocation_index) lane_given: u32, @builtin(num_workgroups) groups_given: vec3u) {
  let lane = lane_of(lane_given, WORKGROUP);
  let group = groups_given - vec3(1u) - group_given;
  work(group, lane);
}`,
  );
});

Deno.test("a kernel that names neither lanes nor workgroups has none to reorder", () => {
  const kernel = "@compute @workgroup_size(1)\nfn main() {\n  work();\n}";
  assertEquals(reorderLanes(kernel).split("\n").slice(1).join("\n"), kernel);
});

Deno.test("a kernel that goes by subgroups keeps its order, and one without a main is none", () => {
  const kernel = `@compute @workgroup_size(8)
fn main(@builtin(subgroup_invocation_id) lane: u32) {}`;
  assertThrows(() => reorderLanes(kernel), Error, "tells its lanes by subgroups");
  assertThrows(() => reorderLanes("fn work() {}"), Error, "no main");
});
