import { fromFileUrl, join } from "@std/path";

const CACHE = join(fromFileUrl(new URL("../../../", import.meta.url)), ".cache");

/** Calls `use` with a folder of its own inside the project, which is gone afterwards. */
export async function withScratch<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  await Deno.mkdir(CACHE, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: CACHE, prefix: "bench-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
