/** What `doctor` says of the adapter: its name, and the way from here to it. */

import { backendName } from "../../gpu/driver_environment.ts";

/** Drivers that name themselves in the name of the device. */
const DRIVERS: readonly [pattern: RegExp, driver: string][] = [
  [/llvmpipe/i, "Mesa's lavapipe"],
  [/swiftshader/i, "Google's SwiftShader"],
  [/basic render/i, "Microsoft's WARP"],
  [/\bRADV\b/, "Mesa's RADV"],
  [/\bNVK\b/, "Mesa's NVK"],
  [/\bTurnip\b/, "Mesa's Turnip"],
  [/\bVenus\b/i, "Mesa's Venus, to a driver outside this virtual machine"],
];

/** Makers of drivers and devices by the number that Vulkan and Direct3D give them. */
const VENDORS: ReadonlyMap<number, string> = new Map([
  [0x1002, "AMD"],
  [0x1010, "Imagination"],
  [0x106b, "Apple"],
  [0x10de, "NVIDIA"],
  [0x13b5, "Arm"],
  [0x1414, "Microsoft"],
  [0x14e4, "Broadcom"],
  [0x1ae0, "Google"],
  [0x5143, "Qualcomm"],
  [0x8086, "Intel"],
  [0x10005, "Mesa"],
]);

/** What WebGPU tells of an adapter. */
export interface AdapterInfo {
  name: string;
  info: Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description">;
  isSoftware: boolean;
}

/** The adapter's facts, as far as WebGPU knows them; what it leaves empty stays empty. */
export function adapterFacts({ name, info, isSoftware }: AdapterInfo): Record<string, string> {
  const vendor = VENDORS.get(Number(info.vendor));
  const driver = DRIVERS.find(([pattern]) => pattern.test(name))?.[1];
  return {
    name,
    description: info.description === name ? "" : info.description,
    backend: backendName(),
    driver: driver ?? (vendor === undefined ? "unknown" : `${vendor}'s`),
    software: isSoftware ? "yes: it computes on the CPU, much slower than a GPU" : "no",
    vendor: vendor ?? (info.vendor === "0" ? "" : info.vendor),
    architecture: info.architecture,
    device: info.device === "0" ? "" : info.device,
  };
}
