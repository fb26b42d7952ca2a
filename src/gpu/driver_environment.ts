/** Environment variables that decide which driver Deno takes, and what it says. */
export const DRIVER_VARIABLES: readonly string[] = ["DENO_WEBGPU_BACKEND", "XDG_RUNTIME_DIR"];

/**
 * Settles on Linux what a driver finds in the environment, except for what the user has set or what
 * may not be written. To be called before an adapter is asked for.
 *
 * - Without a Vulkan driver Deno would take OpenGL without a word, where that is installed: decoding is
 *   2 to 30 times slower there and has no subgroups. It is better to hear that the driver is missing.
 * - Some Vulkan drivers print a warning for each instance when XDG_RUNTIME_DIR is missing, although
 *   computing needs nothing from that folder.
 */
export function prepareDriverEnvironment(): void {
  if (Deno.build.os !== "linux") return;
  setIfMissing("DENO_WEBGPU_BACKEND", "vulkan");
  setIfMissing("XDG_RUNTIME_DIR", "/tmp");
}

function setIfMissing(name: string, value: string): void {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (state === "granted" && !Deno.env.get(name)) Deno.env.set(name, value);
}
