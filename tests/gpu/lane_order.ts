import type { Gpu } from "../../src/gpu/gpu.ts";

/**
 * Makes a device that has compiled nothing yet run its kernels in another order: the lanes of each workgroup
 * backwards, with neighbours in subgroups of their own, and the workgroups backwards.
 *
 * Software drivers run the lanes of a subgroup in lockstep, and the subgroups of a workgroup one after the
 * other, from barrier to barrier. So a lane that reads too early what another writes is not noticed where that
 * one ran before it, or beside it.
 */
export function reorderKernels({ device }: Gpu): void {
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: reorderLanes(descriptor.code) });
}

/** The lane whose work lane i of n does, a multiple of eight or fewer than eight. */
const LANE_OF = "n - 1u - select(i, (i % 8u) * (n / 8u) + i / 8u, n % 8u == 0u)";

const MAIN = /@compute @workgroup_size\((\w+)\)\s*fn main\(([^{]*)\) \{/;
const LANE = /(?<=@builtin\(local_invocation_index\) )\w+/;
const GROUP = /(?<=@builtin\(workgroup_id\) )\w+/;
const GROUPS = /(?<=@builtin\(num_workgroups\) )\w+/;

/**
 * A kernel whose lanes do each other's work, and so do its workgroups.
 * @throws Error if it tells its lanes by their subgroups, or has no main as this project writes it.
 */
export function reorderLanes(source: string): string {
  const [head, size, parameters] = source.match(MAIN) ?? [];
  if (head === undefined) throw new Error("the kernel has no main");
  if (source.includes("subgroup_")) throw new Error("the kernel tells its lanes by subgroups");
  const [lane, group, groups] = [LANE, GROUP, GROUPS].map((name) => parameters.match(name)?.[0]);
  const inputs = parameters.replace(LANE, "lane_given").replace(GROUP, "group_given");
  const main = [
    `fn lane_of(i: u32, n: u32) -> u32 { return ${LANE_OF}; }`,
    `@compute @workgroup_size(${size})`,
    `fn main(${inputs}${
      group && !groups ? ", @builtin(num_workgroups) groups_given: vec3u" : ""
    }) {`,
    ...(lane ? [`  let ${lane} = lane_of(lane_given, ${size});`] : []),
    ...(group ? [`  let ${group} = ${groups ?? "groups_given"} - vec3(1u) - group_given;`] : []),
  ];
  return source.replace(head, () => main.join("\n"));
}
