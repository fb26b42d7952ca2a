/**
 * SwiftShader, the second software driver of the tests: another vendor with the smallest limits.
 * Debian's `chromium-common` holds it; the package is unpacked into a cache folder, not installed.
 */
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { findAdapterAfresh } from "./adapter.ts";
import { aptGet } from "./system.ts";

const CACHE = fromFileUrl(new URL("../../../.cache/swiftshader", import.meta.url));
/** The description that the Vulkan loader reads; it names the library beside it. */
const DESCRIPTION = join(CACHE, "usr/lib/chromium/vk_swiftshader_icd.json");
const PACKAGE = "chromium-common";

/**
 * Environment variables that make SwiftShader the only driver, or null with a line on stderr where
 * it cannot be had. The second variable is the first one's older name. The backend is named because
 * WebGPU would otherwise fall back to OpenGL, and so to another driver, without a word.
 */
export async function swiftShaderEnvironment(): Promise<Record<string, string> | null> {
  if (!await exists(DESCRIPTION) && !await unpackDriver()) return null;
  const environment = {
    VK_DRIVER_FILES: DESCRIPTION,
    VK_ICD_FILENAMES: DESCRIPTION,
    DENO_WEBGPU_BACKEND: "vulkan",
  };
  const adapter = await findAdapterAfresh(environment);
  if (adapter?.includes("SwiftShader")) return environment;
  console.error(`foretoken: SwiftShader is in ${CACHE}, yet WebGPU offers ${adapter ?? "nothing"}`);
  return null;
}

async function unpackDriver(): Promise<boolean> {
  console.error(`foretoken: fetching SwiftShader from Debian's ${PACKAGE}`);
  await Deno.remove(CACHE, { recursive: true }).catch(() => {});
  await Deno.mkdir(CACHE, { recursive: true });
  // The package lists may be missing, as in a container image, or older than the archive.
  const isDownloaded = await aptGet(["download", PACKAGE], CACHE) ||
    await aptGet(["update"]) && await aptGet(["download", PACKAGE], CACHE);
  if (!isDownloaded) {
    console.error(`foretoken: apt-get cannot download ${PACKAGE}; that needs Debian`);
    return false;
  }
  for await (const entry of Deno.readDir(CACHE)) {
    if (!entry.name.endsWith(".deb")) continue;
    await extract(join(CACHE, entry.name));
    await Deno.remove(join(CACHE, entry.name));
  }
  return await exists(DESCRIPTION);
}

/** Takes the library and its description out of the package: 5 MB of several hundred. */
async function extract(packageFile: string): Promise<void> {
  const unpack = new Deno.Command("dpkg-deb", {
    args: ["--fsys-tarfile", packageFile],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const select = new Deno.Command("tar", {
    args: ["-x", "-C", CACHE, "--wildcards", "*vk_swiftshader*"],
    stdin: "piped",
  }).spawn();
  await unpack.stdout.pipeTo(select.stdin);
  await Promise.all([unpack.status, select.status]);
}
