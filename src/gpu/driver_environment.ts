/** Environment variables that decide which driver Deno takes, and what it says. */
export const DRIVER_VARIABLES: readonly string[] = [
  "DENO_WEBGPU_BACKEND",
  "XDG_RUNTIME_DIR",
  "LP_NUM_THREADS",
];

/** On more processors than these it was not measured what more threads than one of each give. */
const FEW_PROCESSORS = 4;

/**
 * Settles on Linux what a driver finds in the environment, except for what the user has set or what
 * may not be written. To be called before an adapter is asked for.
 *
 * - Without a Vulkan driver Deno would take OpenGL without a word, where that is installed: decoding is
 *   2 to 30 times slower there and has no subgroups. It is better to hear that the driver is missing.
 * - Some Vulkan drivers print a warning for each instance when XDG_RUNTIME_DIR is missing, although
 *   computing needs nothing from that folder.
 * - Mesa's software driver has a thread for each processor and cuts each dispatch into as many pieces. Where the
 *   system wakes two threads on the same processor, one waits for the other and the rest of the machine idles; twice
 *   as many threads have smaller pieces, which go to whoever is free.
 */
export function prepareDriverEnvironment(): void {
  if (Deno.build.os !== "linux") return;
  setIfMissing("DENO_WEBGPU_BACKEND", "vulkan");
  setIfMissing("XDG_RUNTIME_DIR", "/tmp");
  const processors = navigator.hardwareConcurrency;
  if (processors <= FEW_PROCESSORS) setIfMissing("LP_NUM_THREADS", `${2 * processors}`);
}

/** What Deno calls the backends that it may be told to take. */
const BACKENDS: ReadonlyMap<string, string> = new Map([
  ["vulkan", "Vulkan"],
  ["metal", "Metal"],
  ["dx12", "Direct3D 12"],
  ["opengl", "OpenGL"],
  ["gl", "OpenGL"],
  ["gles", "OpenGL"],
]);

/** What WebGPU has without being told, by system. */
const USUAL_BACKENDS: ReadonlyMap<string, string> = new Map([
  ["darwin", "Metal"],
  ["windows", "Direct3D 12"],
]);

/**
 * The interface that WebGPU reaches the driver through, for people. WebGPU itself does not tell it: it
 * is what the environment asks for, or what the system has.
 */
export function backendName(
  os: string = Deno.build.os,
  asked: string = readable("DENO_WEBGPU_BACKEND") ?? "",
): string {
  const names = asked.toLowerCase().split(",").map((name) => name.trim()).filter(Boolean)
    .map((name) => BACKENDS.get(name) ?? name);
  if (names.length === 0) return USUAL_BACKENDS.get(os) ?? "the first that Deno found";
  return [...new Set(names)].join(" or ");
}

function setIfMissing(name: string, value: string): void {
  if (isAllowed(name) && !Deno.env.get(name)) Deno.env.set(name, value);
}

function readable(name: string): string | undefined {
  return isAllowed(name) ? Deno.env.get(name) : undefined;
}

function isAllowed(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}
