import { bytesText } from "./bytes_text.ts";
import { classOf, type DeviceClass, fixedSubgroupSize } from "./device_class.ts";
import { GpuError, oneLine, OutOfMemoryError } from "./errors.ts";
import type { Pipeline } from "./pipeline.ts";
import { type ByteRange, readMemory } from "./queues/read_memory.ts";
import { hostTurn } from "./queues/turn.ts";
import {
  byteLengthOf,
  isTexture,
  type Memory,
  mostTexelBytes,
  texelsDescriptor,
  writeTexels,
} from "./texels.ts";

export type { ByteRange } from "./queues/read_memory.ts";

/** Data that can be written to a buffer or a texture. */
export type Bytes = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What `requestGpu` may be told. */
export interface GpuOptions {
  /** Treats the device as this class instead of asking the adapter; for tests and measurements. */
  deviceClass?: DeviceClass;
  /** False keeps to kernels without subgroup operations; for tests and measurements. */
  subgroups?: boolean;
  /** Name of a profile that takes the place of the device's own; for tests and measurements. */
  profile?: string | undefined;
  /** False for a device that only counts; see `countingGpu`. */
  holdsData?: boolean;
}

/** The device, what it can do, and what is made on it. Passed explicitly to whatever uses it. */
export class Gpu implements Disposable {
  readonly device: GPUDevice;
  /** Name of the adapter for people. */
  readonly name: string;
  readonly info: GPUAdapterInfo;
  readonly limits: GPUSupportedLimits;
  readonly deviceClass: DeviceClass;
  /** Whether passes can be timed on the device. */
  readonly hasTimestamps: boolean;
  /** Lanes of a subgroup if kernels may use subgroup operations and rely on the size, else 0. */
  readonly subgroupSize: number;
  /** Name of the profile that takes the place of the device's own, if any. */
  readonly profile: string | undefined;
  /** Whether buffers and textures hold what is written to them: false on a device that only counts. */
  readonly holdsData: boolean;
  /** Compiled sources by kernel; filled by `prepare`. */
  readonly modules: Map<string, GPUShaderModule> = new Map();
  /** Pipelines by kernel and constants; filled by `prepare`. */
  readonly pipelines: Map<string, Pipeline> = new Map();
  /** Bind group layouts by kernel; filled by `prepare`. */
  readonly layouts: Map<string, GPUBindGroupLayout> = new Map();
  #failure: GpuError | null = null;
  #disposed = false;
  #live: Set<Memory> = new Set();
  #placeholders: Map<string, GPUBuffer> = new Map();
  #uniforms: Map<string, GPUBuffer> = new Map();

  constructor(device: GPUDevice, info: GPUAdapterInfo, options: GpuOptions = {}) {
    this.device = device;
    this.info = info;
    this.limits = device.limits;
    this.name = info.description || info.device || info.vendor || "unnamed adapter";
    this.deviceClass = options.deviceClass ?? classOf(info);
    this.profile = options.profile;
    this.holdsData = options.holdsData ?? true;
    this.hasTimestamps = device.features.has("timestamp-query");
    this.subgroupSize = options.subgroups === false ? 0 : fixedSubgroupSize(device, info);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failure ??= this.errorOf((event as GPUUncapturedErrorEvent).error);
    });
    device.lost.then((lost) => {
      if (this.#disposed) return;
      this.#failure ??= new GpuError(`the GPU device was lost: ${oneLine(lost.message)}`);
    });
  }

  /** An error that the device reported, in words for people. */
  errorOf(error: GPUError): GpuError {
    if (!(error instanceof GPUOutOfMemoryError)) return new GpuError(oneLine(error.message));
    return new OutOfMemoryError(
      `${this.name} has no memory left: ${
        bytesText(this.liveBytes)
      } are in use or were asked for; ` +
        "give a smaller --context-length, end other programs that use the device, or take a smaller model",
    );
  }

  /** Whether the adapter is a CPU in disguise. */
  get isSoftware(): boolean {
    return classOf(this.info) === "software";
  }

  /** Throws the first error that the device reported since it was made, if any. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Why a call of the device failed: what the device has reported, or else the call's own error. That a device is
   * lost is told a turn later than the calls fail that it had to answer.
   */
  async failureBehind(error: unknown): Promise<unknown> {
    await hostTurn();
    return this.#failure ?? error;
  }

  /** A zeroed storage buffer of at least `byteLength` bytes that can be copied from and to. */
  storage(label: string, byteLength: number): GPUBuffer {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.buffer(label, byteLength, usage);
  }

  /** A storage buffer that holds the data. */
  upload(label: string, data: Bytes): GPUBuffer {
    const buffer = this.storage(label, data.byteLength);
    this.write(buffer, 0, data);
    return buffer;
  }

  /**
   * Any buffer; its size is rounded up to 16 bytes so that it can be bound as vectors.
   * @throws OutOfMemoryError if the device allows no buffer of that size, or cannot bind it as storage.
   */
  buffer(label: string, byteLength: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(byteLength / 16) * 16);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.limits;
    const isStorage = (usage & GPUBufferUsage.STORAGE) !== 0;
    const most = isStorage ? Math.min(maxBufferSize, maxStorageBufferBindingSize) : maxBufferSize;
    if (size > most) {
      throw new OutOfMemoryError(
        `${label} needs ${bytesText(size)}, and the device allows ${bytesText(most)} in one buffer`,
      );
    }
    const buffer = this.device.createBuffer({ label, size, usage });
    this.#live.add(buffer);
    return buffer;
  }

  /**
   * A zeroed texture of at least `byteLength` bytes, one after the other, that kernels can read and that can be
   * copied from and to.
   * @throws OutOfMemoryError if the device allows no texture of that size.
   */
  texture(label: string, byteLength: number): GPUTexture {
    const most = mostTexelBytes(this.limits);
    if (byteLength > most) {
      throw new OutOfMemoryError(
        `${label} needs ${bytesText(byteLength)}, and the device allows ${
          bytesText(most)
        } in one texture`,
      );
    }
    const texture = this.device.createTexture(texelsDescriptor(label, byteLength));
    this.#live.add(texture);
    return texture;
  }

  /** Queues a write of the data; its length must be a multiple of four bytes, and of 16 to a texture. */
  write(to: Memory, byteOffset: number, data: Bytes): void {
    if (data.byteLength === 0) return; // Deno panics at writes of nothing.
    const { buffer, byteOffset: from, byteLength } = data;
    const bytes = new Uint8Array(buffer, from, byteLength);
    if (isTexture(to)) writeTexels(this.device.queue, to, byteOffset, bytes);
    else this.device.queue.writeBuffer(to, byteOffset, bytes);
  }

  /**
   * A small buffer for a binding that a kernel variant declares and does not touch. One per label,
   * so that no two writable bindings of a dispatch share it.
   */
  placeholder(label: string): GPUBuffer {
    let buffer = this.#placeholders.get(label);
    if (!buffer) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM;
      buffer = this.device.createBuffer({ label: `unused ${label}`, size: 256, usage });
      this.#placeholders.set(label, buffer);
    }
    return buffer;
  }

  /** A uniform buffer of these few words, the same one for the same words. */
  uniform(words: Uint32Array<ArrayBuffer>): GPUBuffer {
    const label = `uniform ${words.join(" ")}`;
    let buffer = this.#uniforms.get(label);
    if (!buffer) {
      const size = Math.ceil(words.byteLength / 16) * 16;
      const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
      buffer = this.device.createBuffer({ label, size, usage });
      this.write(buffer, 0, words);
      this.#uniforms.set(label, buffer);
    }
    return buffer;
  }

  /** Frees buffers and textures. Frees nothing twice. */
  free(...all: Memory[]): void {
    for (const memory of all) {
      if (this.#live.delete(memory)) memory.destroy();
    }
  }

  /** Bytes of the buffers and textures that are alive. */
  get liveBytes(): number {
    return this.liveBytesOf("");
  }

  /** Bytes of those whose labels begin like this. */
  liveBytesOf(label: string): number {
    let bytes = 0;
    for (const memory of this.#live) {
      if (memory.label.startsWith(label)) bytes += byteLengthOf(memory);
    }
    return bytes;
  }

  /** Number of buffers and textures that are alive; tests check that nothing is left. */
  get liveBuffers(): number {
    return this.#live.size;
  }

  /**
   * Copies a range of a buffer to the host, or of a texture, where offset and length are multiples of 16. Waits for
   * the queue: not for the token loop.
   */
  async read(
    memory: Memory,
    byteOffset = 0,
    byteLength = byteLengthOf(memory),
  ): Promise<ArrayBuffer> {
    return await this.readRanges(memory, [{ byteOffset, byteLength }]);
  }

  /** Copies ranges to the host, one after the other. Waits for the queue, as `read`. */
  async readRanges(memory: Memory, ranges: readonly ByteRange[]): Promise<ArrayBuffer> {
    try {
      const bytes = await readMemory(this.device, memory, ranges);
      this.check();
      return bytes;
    } catch (error) {
      throw await this.failureBehind(error);
    }
  }

  /** `read` as 32-bit floats. */
  async readFloats(
    memory: Memory,
    first = 0,
    count = byteLengthOf(memory) / 4 - first,
  ): Promise<Float32Array> {
    return new Float32Array(await this.read(memory, first * 4, count * 4));
  }

  /** `read` as 32-bit words. */
  async readWords(
    memory: Memory,
    first = 0,
    count = byteLengthOf(memory) / 4 - first,
  ): Promise<Uint32Array> {
    return new Uint32Array(await this.read(memory, first * 4, count * 4));
  }

  /**
   * Hands queued writes to the device and waits for them. Until then the queue holds a copy of each
   * in host memory.
   */
  async flush(): Promise<void> {
    this.device.queue.submit([]);
    await this.idle();
  }

  /** Resolves when all submitted work is done. */
  async idle(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
    this.check();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.free(...this.#live);
    this.device.destroy();
  }
}
