import { assertEquals, assertThrows } from "@std/assert";
import { GpuError } from "../../src/gpu/errors.ts";
import { compile, Kernel, prepare, submit } from "../../src/gpu/kernel.ts";
import { withGpu } from "./with_gpu.ts";

const DECLARATIONS = `
  override FACTOR: u32 = 1;
  @group(0) @binding(1) var<storage, read_write> to: array<u32>;
  @group(0) @binding(0) var<storage, read> values: array<u32>;
  @group(0) @binding(4) var<uniform> offset: vec4u;`;
const MAIN = `
  @compute @workgroup_size(1)
  fn main(@builtin(workgroup_id) group: vec3u) {
    to[group.x] = values[group.x] * FACTOR + offset.x;
  }`;
const scale = new Kernel("testing", "scale", DECLARATIONS, MAIN);

Deno.test("a kernel's bindings are those declared in its files, in order", () => {
  assertEquals(scale.bindings.map(({ name, index, type }) => [name, index, type]), [
    ["values", 0, "read-only-storage"],
    ["to", 1, "storage"],
    ["offset", 4, "uniform"],
  ]);
});

Deno.test("bindings between functions with nested blocks are found", () => {
  const functions = `
    fn first(a: u32) -> u32 { // fn { not a function
      if (a > 1u) { for (var i = 0u; i < a; i++) { return i; } }
      return 0u;
    }
    struct Pair { low: u32, high: u32 }
    @group(0) @binding(7) var<storage, read> pairs: array<Pair>;
    fn second() {}
    @group(0) @binding(5) var<storage, read_write> last: array<u32>;`;
  const kernel = new Kernel("testing", "nested", DECLARATIONS, functions, MAIN);
  const names = kernel.bindings.map(({ name, index }) => `${index} ${name}`);
  assertEquals(names, ["0 values", "1 to", "4 offset", "5 last", "7 pairs"]);
});

withGpu("dispatches run in order with their own constants and buffers", async (gpu) => {
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const offset = gpu.buffer("offset", 16, usage);
  gpu.write(offset, 0, Uint32Array.of(1, 0, 0, 0));
  const values = gpu.upload("values", Uint32Array.of(1, 2, 3, 4));
  const between = gpu.storage("between", 16);
  const to = gpu.storage("to", 16);
  const pipelines = gpu.pipelines.size;
  submit(gpu, [
    prepare(gpu, scale, { FACTOR: 10 }, { values, to: between, offset }, [4]),
    prepare(gpu, scale, { FACTOR: 2 }, { values: between, to, offset }, [3]),
  ]);
  const { family, label } = prepare(gpu, scale, { FACTOR: 2 }, { values, to, offset }, [1]);
  assertEquals([family, label], ["testing", "scale"]);
  assertEquals([...await gpu.readWords(to)], [23, 43, 63, 0]);
  assertEquals(gpu.pipelines.size - pipelines, 2, "a pipeline per kernel and constants");
  gpu.free(offset, values, between, to);
});

withGpu(
  "kernels are compiled once each, before they run, and nothing runs meanwhile",
  async (gpu) => {
    const values = gpu.upload("values", Uint32Array.of(1, 2, 3, 4));
    const offset = gpu.buffer("offset", 16, GPUBufferUsage.UNIFORM);
    const to = gpu.storage("to", 16);
    const dispatches = [11, 12, 13, 11].map((FACTOR) =>
      prepare(gpu, scale, { FACTOR }, { values, to, offset }, [4])
    );
    const compiled = () => dispatches.map(({ pipeline }) => pipeline.isCompiled);
    assertEquals(compiled(), [false, false, false, false]);
    const abort = new AbortController();
    const onProgress = (done: number) => done === 1 && abort.abort();
    assertEquals(await compile(gpu, dispatches, { signal: abort.signal, onProgress }), false);
    assertEquals(compiled(), [true, true, false, true]);
    const heard: number[][] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    assertEquals(
      await compile(gpu, dispatches, { onProgress: (...done) => heard.push(done) }),
      true,
    );
    clearInterval(timer);
    assertEquals([heard, turns > 0], [[[0, 1]], true]);
    assertEquals(await compile(gpu, dispatches, { onProgress: () => heard.push([]) }), true);
    assertEquals(heard.length, 1, "there was nothing left to compile");
    assertEquals([...await gpu.readWords(to)], [0, 0, 0, 0]);
    submit(gpu, dispatches.slice(2, 3));
    assertEquals([...await gpu.readWords(to)], [13, 26, 39, 52]);
    gpu.free(offset, values, to);
  },
);

withGpu("numbers of a uniform struct share a pipeline and, where equal, a buffer", async (gpu) => {
  const source = `
    override FACTOR: u32;
    struct Sizes { count: u32, shift: f32, }
    @group(0) @binding(0) var<uniform> sizes: Sizes;
    @group(0) @binding(1) var<storage, read_write> to: array<u32>;
    @compute @workgroup_size(1)
    fn main() {
      to[0] = FACTOR * sizes.count + u32(sizes.shift);
    }`;
  const told = new Kernel("testing", "told", source);
  const to = gpu.storage("to", 16);
  const pipelines = gpu.pipelines.size;
  const run = async (constants: Record<string, number>) => {
    submit(gpu, [prepare(gpu, told, constants, { to }, [1])]);
    return (await gpu.readWords(to, 0, 1))[0];
  };
  assertEquals(await run({ FACTOR: 3, COUNT: 5, SHIFT: 2.5 }), 17);
  assertEquals(await run({ FACTOR: 3, COUNT: 7, SHIFT: 1.5 }), 22);
  assertEquals(gpu.pipelines.size - pipelines, 1);
  assertEquals(gpu.uniform(Uint32Array.of(1, 2)), gpu.uniform(Uint32Array.of(1, 2)));
  assertThrows(() => prepare(gpu, told, { FACTOR: 3, COUNT: 5 }, { to }, [1]), RangeError, "shift");
  gpu.free(to);
});

withGpu("a binding that is missing or unknown is refused by name", (gpu) => {
  const values = gpu.storage("values", 16);
  const missing = () => prepare(gpu, scale, {}, { values }, [1]);
  assertThrows(missing, GpuError, "kernel scale needs a buffer for its binding to");
  const unknown = () => prepare(gpu, scale, {}, { values, output: values }, [1]);
  assertThrows(unknown, GpuError, "kernel scale has no binding named output");
  gpu.free(values);
});

withGpu("a buffer in place of a texture, or the reverse, is refused by name", async (gpu) => {
  const source = `
    @group(0) @binding(0) var words: texture_storage_2d<rgba32uint, read>;
    @group(0) @binding(1) var<storage, read_write> to: array<u32>;
    @compute @workgroup_size(1)
    fn main() {
      to[0] = textureLoad(words, vec2(1u, 0u)).y;
    }`;
  const reading = new Kernel("testing", "reading", source);
  const words = gpu.texture("words", 32);
  const to = gpu.storage("to", 16);
  const prepareWith = (words: GPUTexture | GPUBuffer, to: GPUTexture | GPUBuffer) => () =>
    prepare(gpu, reading, {}, { words, to }, [1]);
  assertThrows(prepareWith(to, to), GpuError, "reading needs a texture for its binding words");
  assertThrows(prepareWith(words, words), GpuError, "reading needs a buffer for its binding to");
  gpu.write(words, 16, Uint32Array.of(5, 6, 7, 8));
  submit(gpu, [prepareWith(words, to)()]);
  assertEquals((await gpu.readWords(to))[0], 6);
  gpu.free(words, to);
});

withGpu("a grid beyond the device is refused", (gpu) => {
  const buffer = gpu.storage("any", 16);
  const buffers = { values: buffer, to: buffer, offset: buffer };
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  assertThrows(
    () => prepare(gpu, scale, {}, buffers, [1, most + 1]),
    GpuError,
    "beyond the device",
  );
  gpu.free(buffer);
});
