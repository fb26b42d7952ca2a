import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  byteLengthOf,
  copyBytes,
  mostTexelBytes,
  ROW_TEXELS,
  TEXEL_BYTES,
  texelsDescriptor,
} from "../../src/gpu/texels.ts";
import { OutOfMemoryError } from "../../src/gpu/errors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { withGpu } from "./with_gpu.ts";

const ROW = ROW_TEXELS * TEXEL_BYTES;

/** Ranges within a row, of whole rows, and from the middle of one to that of another. */
const RANGES = [
  [0, 16],
  [48, 160],
  [0, ROW],
  [ROW, 2 * ROW],
  [ROW - 32, 64],
  [16, 3 * ROW],
  [ROW / 2, 2 * ROW],
];

const numbered = (byteLength: number) =>
  Uint8Array.from({ length: byteLength }, (_, i) => (i * 31 + (i >> 8)) % 251);

withGpu("bytes in a texture follow each other, whatever rows they take", async (gpu) => {
  for (const [byteOffset, byteLength] of RANGES) {
    const texture = gpu.texture("texture", 4 * ROW);
    const expected = new Uint8Array(byteLengthOf(texture));
    const bytes = numbered(byteLength);
    expected.set(bytes, byteOffset);
    gpu.write(texture, byteOffset, bytes);
    const name = `${byteLength} from ${byteOffset}`;
    assertEquals(new Uint8Array(await gpu.read(texture)), expected, name);
    assertEquals(new Uint8Array(await gpu.read(texture, byteOffset, byteLength)), bytes, name);
    gpu.free(texture);
  }
});

withGpu("bytes are copied from buffers to textures and back", async (gpu) => {
  for (const [byteOffset, byteLength] of RANGES) {
    const bytes = numbered(byteLength + 64);
    const [from, texture, to] = [
      gpu.upload("from", bytes),
      gpu.texture("texture", 4 * ROW),
      gpu.storage("to", byteLength + 32),
    ];
    copy(gpu, [from, 64], [texture, byteOffset], byteLength);
    copy(gpu, [texture, byteOffset], [to, 32], byteLength);
    const found = new Uint8Array(await gpu.read(to, 0, byteLength + 32));
    assertEquals(found.subarray(0, 32), new Uint8Array(32));
    assertEquals(found.subarray(32), bytes.subarray(64));
    gpu.free(from, texture, to);
  }
});

withGpu("parts of a texel are refused", (gpu) => {
  const texture = gpu.texture("texture", ROW);
  for (const [byteOffset, byteLength] of [[8, 16], [16, 24]]) {
    assertThrows(() => gpu.write(texture, byteOffset, numbered(byteLength)), RangeError);
  }
  gpu.free(texture);
});

withGpu("textures are counted, and freed, as buffers are", (gpu) => {
  const before = gpu.liveBytes;
  const texture = gpu.texture("some texture", 2 * ROW + 16);
  assertEquals(gpu.liveBytes - before, 3 * ROW);
  assertEquals(gpu.liveBytesOf("some texture"), 3 * ROW);
  gpu.free(texture, texture);
  assertEquals(gpu.liveBytes, before);
});

withGpu("a texture beyond the device's limits is refused in words that name it", (gpu) => {
  const tooLarge = () => gpu.texture("the head", 2 ** 60);
  assertThrows(tooLarge, OutOfMemoryError, "the head needs");
});

type Place = [memory: GPUBuffer | GPUTexture, byteOffset: number];

function copy(gpu: Gpu, [from, at]: Place, [to, toAt]: Place, byteLength: number): void {
  const encoder = gpu.device.createCommandEncoder();
  const source = { memory: from, byteOffset: at };
  copyBytes(encoder, source, { memory: to, byteOffset: toAt }, byteLength);
  gpu.device.queue.submit([encoder.finish()]);
}

withGpu("no texture's height is a power of two, and all fit the device", (gpu) => {
  const most = mostTexelBytes(gpu.limits);
  for (
    const byteLength of [16, ROW, 2 * ROW, 3 * ROW, 4 * ROW - 16, 4 * ROW, 4 * ROW + 16, 64 * ROW]
  ) {
    const texture = gpu.texture("texture", byteLength);
    assert(!Number.isInteger(Math.log2(texture.height)), `${byteLength} bytes: ${texture.height}`);
    assert(byteLengthOf(texture) >= byteLength);
    gpu.free(texture);
  }
  const [, height] = texelsDescriptor("texture", most).size as number[];
  assert(height <= gpu.limits.maxTextureDimension2D);
  assert(!Number.isInteger(Math.log2(height)));
});
