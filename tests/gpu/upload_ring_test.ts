import { assertEquals, assertRejects } from "@std/assert";
import { UploadRing } from "../../src/gpu/upload_ring.ts";
import { withGpu } from "./with_gpu.ts";

withGpu(
  "what is sent through the ring arrives where it belongs, however often it goes round",
  async (gpu) => {
    using ring = new UploadRing(gpu, 64);
    const lengths = [4, 12, 64, 8, 60, 4, 4, 64, 36, 28, 64, 64, 20, 48];
    const total = lengths.reduce((a, b) => a + b);
    const bytes = Uint8Array.from({ length: total }, (_, i) => 1 + i % 251);
    const buffer = gpu.storage("target", total);
    let at = 0;
    for (const length of lengths) {
      (await ring.room(buffer, at, length)).set(bytes.subarray(at, at + length));
      at += length;
    }
    await ring.finish();
    assertEquals(new Uint8Array(await gpu.read(buffer, 0, total)), bytes);
    await assertRejects(
      () => ring.room(buffer, 0, 68),
      RangeError,
      "68 bytes, of which at most 64",
    );
    gpu.free(buffer);
  },
);
