/** What an adapter says of its kind. */

/**
 * The two kinds of device that want differently shaped kernels. On a `software` device (a Vulkan
 * driver on the CPU) a load that all lanes share is cheap and a load per lane is dear; on a
 * `hardware` device neighbouring lanes should load neighbouring bytes.
 */
export type DeviceClass = "software" | "hardware";

/** The class of an adapter. */
export function classOf({ isFallbackAdapter, description }: GPUAdapterInfo): DeviceClass {
  const isSoftware = isFallbackAdapter ||
    /llvmpipe|swiftshader|lavapipe|software/i.test(description);
  return isSoftware ? "software" : "hardware";
}

/** The feature that lets kernels use subgroup operations. */
export const SUBGROUPS = "subgroups" as GPUFeatureName;

/** Lanes of a subgroup if kernels may use subgroup operations and the adapter has one size of them only, else 0. */
export function fixedSubgroupSize(
  { features }: GPUDevice,
  { subgroupMinSize, subgroupMaxSize }: GPUAdapterInfo,
): number {
  const isFixed = features.has(SUBGROUPS) && subgroupMinSize === subgroupMaxSize;
  return isFixed ? subgroupMinSize ?? 0 : 0;
}
