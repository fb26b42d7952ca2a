import { type StructInfo, WgslReflect } from "wgsl_reflect";
import { GpuError } from "./errors.ts";
import type { Gpu } from "./gpu.ts";
import { StructLayout } from "./layout.ts";
import { Pipeline } from "./pipeline.ts";
import { hostTurn } from "./queues/turn.ts";
import { isTexture, type Memory, TEXEL_FORMAT } from "./texels.ts";
import { withoutBodies } from "./wgsl_text.ts";

/**
 * A kernel: the WGSL file with its `main`, after the files with the declarations that it shares with
 * other kernels.
 */
export class Kernel {
  /** What it is for, in its maker's words; its dispatches carry it. */
  readonly family: string;
  readonly name: string;
  readonly source: string;
  #bindings: Binding[] | null = null;

  constructor(family: string, name: string, ...files: string[]) {
    this.family = family;
    this.name = name;
    this.source = files.join("\n");
  }

  /** Bindings of group 0, as declared in the source. */
  get bindings(): readonly Binding[] {
    return this.#bindings ??= reflectBindings(this.source);
  }
}

/** One `@group(0) @binding(n) var` of a kernel. */
export interface Binding {
  name: string;
  index: number;
  type: "read-only-storage" | "storage" | "uniform" | "texture";
  /** Of a uniform that is a struct. */
  layout?: StructLayout<Record<string, number>>;
}

/** What a kernel is given for a binding: a buffer, a range of one, or a texture. */
export type Resource = Memory | GPUBufferBinding;

/** A pipeline with its buffers and its grid, ready to be recorded any number of times. */
export interface Dispatch {
  /** Name of the kernel, for people. */
  label: string;
  /** The kernel's family, for whoever tells dispatches apart. */
  family: string;
  pipeline: Pipeline;
  bindGroup: GPUBindGroup;
  workgroups: readonly [number, number, number];
}

/**
 * Numbers that a kernel is told by their names. Most are `override` constants, and each set of values is
 * compiled. A kernel that declares a uniform struct reads a number at run time instead: INNER is its member
 * `inner`.
 */
export type Constants = Readonly<Record<string, number>>;

/**
 * Makes a dispatch: the kernel with these constants, these buffers, ranges of buffers and textures by the
 * names they have in the WGSL, and this grid of workgroups.
 * @throws GpuError if a binding is missing, unknown or given a thing of another kind, or the grid is beyond the
 * device's limits.
 * @throws RangeError if a number that is read at run time is missing.
 */
export function prepare(
  gpu: Gpu,
  kernel: Kernel,
  constants: Constants,
  resources: Readonly<Record<string, Resource>>,
  workgroups: readonly [number, number?, number?],
): Dispatch {
  const label = kernel.name;
  const { compiled, uniforms } = divide(gpu, kernel, constants, resources);
  for (const name of Object.keys(resources)) {
    if (!kernel.bindings.some((binding) => binding.name === name)) {
      throw new GpuError(`kernel ${label} has no binding named ${name}`);
    }
  }
  const entries = kernel.bindings.map(({ name, index, type }) => {
    const given = resources[name] ?? uniforms[name];
    const kind = type === "texture" ? "texture" : "buffer";
    if (!given || isTexture(given) !== (kind === "texture")) {
      throw new GpuError(`kernel ${label} needs a ${kind} for its binding ${name}`);
    }
    return { binding: index, resource: bound(given) };
  });
  const grid = [workgroups[0], workgroups[1] ?? 1, workgroups[2] ?? 1] as const;
  if (grid.some((count) => count > gpu.limits.maxComputeWorkgroupsPerDimension)) {
    throw new GpuError(
      `kernel ${label}: a grid of ${grid.join(" × ")} workgroups is beyond the device`,
    );
  }
  const layout = layoutFor(gpu, kernel);
  return {
    label,
    family: kernel.family,
    pipeline: pipelineFor(gpu, kernel, compiled),
    bindGroup: gpu.device.createBindGroup({ label, layout, entries }),
    workgroups: grid,
  };
}

function bound(resource: Resource): GPUBindingResource {
  if (isTexture(resource)) return resource.createView();
  return resource instanceof GPUBuffer ? { buffer: resource } : resource;
}

/**
 * The numbers that are compiled, and the buffers of those that are read at run time: of uniform structs
 * that no buffer is given for.
 */
function divide(
  gpu: Gpu,
  kernel: Kernel,
  constants: Constants,
  resources: Readonly<Record<string, unknown>>,
): { compiled: Constants; uniforms: Record<string, GPUBuffer> } {
  const compiled = { ...constants };
  const uniforms: Record<string, GPUBuffer> = {};
  for (const { name, layout } of kernel.bindings) {
    if (!layout || resources[name]) continue;
    const members = layout.members.map((member) => [member, member.toUpperCase()]);
    const values = members.map(([member, constant]) => [member, constants[constant]]);
    uniforms[name] = gpu.uniform(layout.pack(Object.fromEntries(values)));
    for (const [, constant] of members) delete compiled[constant];
  }
  return { compiled, uniforms };
}

/** Records dispatches into a compute pass, in order. */
export function record(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[]): void {
  for (const { pipeline, bindGroup, workgroups } of dispatches) {
    pass.setPipeline(pipeline.compiled);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...workgroups);
  }
}

/** Submits the dispatches as one pass. */
export function submit(gpu: Gpu, dispatches: readonly Dispatch[]): void {
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass, dispatches);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

/** How kernels are compiled ahead of their use. */
export interface CompileOptions {
  /** Ends it between two kernels. */
  signal?: AbortSignal | undefined;
  /** Hears how many of the kernels that were missing are compiled, and how many those are. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Compiles the kernels of dispatches that nothing has used yet, one at a time, with a turn of the host
 * after each. Returns whether all are compiled: an aborted signal ends it early.
 *
 * Some drivers compile at the first dispatch only, so each is dispatched once, in no workgroup.
 */
export async function compile(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
  { signal, onProgress }: CompileOptions = {},
): Promise<boolean> {
  const missing = new Map<Pipeline, Dispatch>();
  for (const dispatch of dispatches) {
    if (!dispatch.pipeline.isCompiled) missing.set(dispatch.pipeline, dispatch);
  }
  let done = 0;
  for (const dispatch of missing.values()) {
    if (signal?.aborted) return false;
    onProgress?.(done++, missing.size);
    submit(gpu, [{ ...dispatch, workgroups: [0, 0, 0] }]);
    await hostTurn();
  }
  if (done > 0) await gpu.idle();
  return !signal?.aborted;
}

/** The pipeline of a kernel with these constants. */
function pipelineFor(gpu: Gpu, kernel: Kernel, constants: Constants): Pipeline {
  const values = Object.entries(constants).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = `${kernel.name} ${JSON.stringify(values)}`;
  let pipeline = gpu.pipelines.get(key);
  if (!pipeline) {
    const { device } = gpu;
    pipeline = new Pipeline(() =>
      device.createComputePipeline({
        label: kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layoutFor(gpu, kernel)] }),
        compute: { module: moduleFor(gpu, kernel), entryPoint: "main", constants },
      })
    );
    gpu.pipelines.set(key, pipeline);
  }
  return pipeline;
}

function moduleFor(gpu: Gpu, kernel: Kernel): GPUShaderModule {
  let module = gpu.modules.get(kernel.name);
  if (!module) {
    module = gpu.device.createShaderModule({ label: kernel.name, code: kernel.source });
    gpu.modules.set(kernel.name, module);
  }
  return module;
}

function layoutFor(gpu: Gpu, kernel: Kernel): GPUBindGroupLayout {
  let layout = gpu.layouts.get(kernel.name);
  if (!layout) {
    const entries = kernel.bindings.map(({ index, type }) => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      ...(type === "texture" ? { storageTexture: TEXELS } : { buffer: { type } }),
    }));
    layout = gpu.device.createBindGroupLayout({ label: kernel.name, entries });
    gpu.layouts.set(kernel.name, layout);
  }
  return layout;
}

/** How a kernel reads a texture, see `texels.ts`. */
const TEXELS = { access: "read-only", format: TEXEL_FORMAT } as const;

function numbersLayout(source: string, type: StructInfo): StructLayout<Record<string, number>> {
  return new StructLayout(source, type.name, type);
}

function reflectBindings(source: string): Binding[] {
  const reflection = new WgslReflect(withoutBodies(source));
  const storage = reflection.storage.map(({ name, binding, access, type }) => ({
    name,
    index: binding,
    type: type.name.startsWith("texture")
      ? "texture" as const
      : access === "read_write"
      ? "storage" as const
      : "read-only-storage" as const,
  }));
  const uniforms = reflection.uniforms.map(({ name, binding, type }) => ({
    name,
    index: binding,
    type: "uniform" as const,
    ...(type.isStruct && { layout: numbersLayout(source, type as StructInfo) }),
  }));
  return [...storage, ...uniforms].sort((a, b) => a.index - b.index);
}
