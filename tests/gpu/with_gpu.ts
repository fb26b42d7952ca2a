import { assertEquals } from "@std/assert";
import type { Gpu, GpuOptions } from "../../src/gpu/gpu.ts";
import { requestGpu } from "../../src/gpu/request_gpu.ts";
import { tilesOf } from "../../src/ops/products/block_tiles.ts";
import { useTiles } from "../../src/ops/profiles.ts";

/**
 * Whether these tests run on a driver that gives a second opinion and is many times slower than the
 * first. There each kernel, each way of decoding and each architecture is tried, but with fewer sizes,
 * texts and settings: what these could tell does not depend on the driver.
 */
export const IS_SECOND_DRIVER = Deno.env.get("SECOND_DRIVER") === "1";

/** What a test asks of its device. */
export interface TestGpuOptions extends GpuOptions {
  /** Whether products have tiles of two sizes alone, where they are made of blocks. */
  fewTiles?: boolean;
}

/** Kernels of one kind. */
export interface Variant {
  title: string;
  options: TestGpuOptions;
  /** Whether the device gets these unless told otherwise. */
  isOwn: boolean;
  /** Whether long tests try all that they have; of the others a part will do. */
  isThorough: boolean;
}

/** The kernels that the device gets unless told otherwise. */
export const OWN: Variant = {
  title: "the device's own kernels",
  options: {},
  isOwn: true,
  isThorough: !IS_SECOND_DRIVER,
};

const WITHOUT_SUBGROUPS: Variant = {
  title: "kernels for software without subgroups",
  options: { deviceClass: "software", subgroups: false },
  isOwn: false,
  isThorough: false,
};

/** The kernels that every GPU gets. */
export const HARDWARE: Variant = {
  title: "kernels for hardware",
  options: { deviceClass: "hardware" },
  isOwn: false,
  isThorough: false,
};

/**
 * The kernel variants that there are for one and the same operation, each on this machine's device. The
 * second driver's own are those without subgroups of eight.
 */
const ALL_VARIANTS: readonly Variant[] = IS_SECOND_DRIVER
  ? [OWN, HARDWARE]
  : [OWN, WITHOUT_SUBGROUPS, HARDWARE];

/**
 * The same for whole texts. A driver on the CPU takes the better part of a second to compile a product, once more
 * for each size of its tiles: those that a GPU has beside these are tried kernel by kernel, and with whole texts by
 * the tests of tiles.
 */
const HARDWARE_TEXTS: Variant = { ...HARDWARE, options: { ...HARDWARE.options, fewTiles: true } };

/** Their rows: for a row alone, and for several. */
const FEW_TILES = [1, 8];

/** "own" or "others": of a test that is tried with all variants, those that this process tries. */
const TRIED = Deno.env.get("TRIED_KERNELS");

/** What tests try that are made for all variants: those of other devices take their turn with the long tests. */
export const VARIANTS: readonly Variant[] = ALL_VARIANTS.filter(({ isOwn }) =>
  !TRIED || isOwn === (TRIED === "own")
);

/** Those that work on whole texts. */
export const TEXT_VARIANTS: readonly Variant[] = VARIANTS.map((variant) =>
  variant === HARDWARE ? HARDWARE_TEXTS : variant
);

/**
 * Those of them that do so by every method. Each driver tries the kernels that suit it. The second
 * runs invocations one after the other and takes minutes for kernels in which many wait for each other:
 * there these prove themselves one by one, and in one test each of decoding and of gradients. Its own are
 * those without subgroups, which prove themselves one by one on the first driver.
 */
export const DECODING_VARIANTS: readonly Variant[] = TEXT_VARIANTS.filter((variant) =>
  variant !== (IS_SECOND_DRIVER ? HARDWARE_TEXTS : WITHOUT_SUBGROUPS)
);

/** Those of them that are not the device's own: the long tests try with them what others try with its own. */
export const OTHER_VARIANTS: readonly Variant[] = [HARDWARE_TEXTS];

/** The devices of this process, one for each set of options. */
const devices = new Map<string, Promise<Gpu>>();

/**
 * A test on the GPU. It fails where there is no adapter, when the device reports an error, and when
 * the body leaves buffers behind. The tests of a process share a device.
 */
export function withGpu(
  name: string,
  body: (gpu: Gpu) => Promise<void> | void,
  options: TestGpuOptions = {},
): void {
  Deno.test(name, async () => {
    const gpu = await deviceFor(options);
    const before = gpu.liveBuffers;
    await body(gpu);
    await gpu.idle();
    assertEquals(gpu.liveBuffers, before, "buffers were left behind");
  });
}

/** The process's device with these options; for what several tests share, such as a model. */
export function deviceFor(options: TestGpuOptions): Promise<Gpu> {
  const key = JSON.stringify(options);
  let device = devices.get(key);
  if (!device) {
    device = requestTestGpu(options);
    devices.set(key, device);
  }
  return device;
}

async function requestTestGpu({ fewTiles, ...options }: TestGpuOptions): Promise<Gpu> {
  const gpu = await requestGpu(options);
  const tiles = tilesOf(gpu)?.tiles.filter(({ rows }) => FEW_TILES.includes(rows));
  if (fewTiles && tiles) useTiles(gpu, { tiles });
  return gpu;
}

Deno.test.afterAll(async () => {
  for (const device of devices.values()) (await device)[Symbol.dispose]();
});
