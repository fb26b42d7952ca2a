/**
 * All that is worth knowing about a device, in one run: `deno task measure [PART ...]` tells whether
 * everything is right on it, then how fast it is. What each part prints goes to a file of
 * `.cache/measured`, and one line tells how it ended. Exits with 1 if a part failed or took too long.
 */
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, ".cache", "measured");

/** For a device that hangs; a software driver needs half of it for the longest part. */
const LIMIT_SECONDS = 1800;

/** A task of deno.json with its arguments. */
interface Part {
  name: string;
  task: readonly string[];
}

const PARTS: readonly Part[] = [
  { name: "doctor", task: ["foretoken", "doctor"] },
  {
    name: "kinds",
    task: ["bench:engine", "token", "kinds", "loop"],
  },
  {
    name: "bench",
    task: ["foretoken", "bench", "--format", "markdown", "--out", join(FOLDER, "bench.html")],
  },
  {
    name: "analyze",
    task: ["foretoken", "analyze", "--out", join(FOLDER, "analysis.html")],
  },
  { name: "sizes", task: ["bench:engine", "products", "rows"] },
  {
    name: "tests",
    task: ["test", "tests/ops", "tests/gpu", "tests/model", "tests/decode", "tests/draft"],
  },
];

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    const known = PARTS.map(({ name }) => name).join(", ");
    console.error(`error: no part is called ${unknown}; the parts are ${known}`);
    return 64;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  let failures = 0;
  for (const part of PARTS) {
    if (names.length > 0 && !names.includes(part.name)) continue;
    if (!await runPart(part)) failures++;
  }
  return failures === 0 ? 0 : 1;
}

/** Runs the part, writes down what it prints, and tells whether it went well. */
async function runPart({ name, task }: Part): Promise<boolean> {
  const start = performance.now();
  using file = await Deno.open(join(FOLDER, `${name}.txt`), {
    write: true,
    create: true,
    truncate: true,
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...task],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(1000 * LIMIT_SECONDS),
  }).spawn();
  const copying = [child.stdout, child.stderr].map(async (stream) => {
    for await (const bytes of stream) await writeAll(file, bytes);
  });
  const { code } = await child.status;
  await Promise.all(copying);
  const seconds = (performance.now() - start) / 1000;
  const end = code === 0
    ? "ok"
    : seconds >= LIMIT_SECONDS
    ? "took too long"
    : `failed with ${code}`;
  console.log(`${name}: ${end}, ${seconds.toFixed(1)} s`);
  return code === 0;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
