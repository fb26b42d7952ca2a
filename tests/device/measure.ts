/**
 * All that is worth knowing about a device, in one run, what matters most first:
 *
 *   measure.ts [--minutes N] [PART ...]
 *
 * Tells whether everything is right on it, and how fast it is. What each part prints goes to a file of
 * `.cache/measured` as it comes, and one line tells how it ended. With --minutes a part is ended when its
 * share of that time is over, so that something is known of all of them. Exits with 1 if a part failed or
 * took too long.
 */
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, ".cache", "measured");

/** For a device that hangs; a software driver needs half of it for the longest part. */
const LIMIT_SECONDS = 1800;

/** A checkpoint that people know, if `deno task test:real` has made it. */
const SMOLLM2 = join(ROOT, ".cache", "real-models", "smollm2");

/** A task of deno.json with its arguments. */
interface Part {
  name: string;
  task: readonly string[];
  /** Of the time that all parts have together. */
  share: number;
  /** A folder that must be there; the part is left out otherwise. */
  needs?: string;
}

const PARTS: readonly Part[] = [
  { name: "doctor", task: ["foretoken", "doctor"], share: 0.08 },
  {
    name: "goldens",
    task: ["test", "tests/model/architectures_test.ts", "tests/decode/gears_test.ts"],
    share: 0.12,
  },
  { name: "sizes", task: ["bench:engine", "products", "rows"], share: 0.16 },
  {
    name: "kinds",
    task: ["bench:engine", "token", "kinds", "loop"],
    share: 0.06,
  },
  {
    name: "smollm2",
    task: ["foretoken", "doctor", "-m", SMOLLM2],
    share: 0.08,
    needs: SMOLLM2,
  },
  {
    name: "smollm2_drafts",
    task: ["foretoken", "bench", "-m", SMOLLM2, "--limit", "5", "--format", "markdown"],
    share: 0.2,
    needs: SMOLLM2,
  },
  {
    name: "bench",
    task: ["foretoken", "bench", "--format", "markdown", "--out", join(FOLDER, "bench.html")],
    share: 0.14,
  },
  { name: "training", task: ["bench:training"], share: 0.06 },
  {
    name: "analyze",
    task: ["foretoken", "analyze", "--out", join(FOLDER, "analysis.html")],
    share: 0.1,
  },
  {
    name: "tests",
    task: ["test", "tests/ops", "tests/gpu", "tests/model", "tests/decode", "tests/draft"],
    share: 0.3,
  },
];

async function main(args: readonly string[]): Promise<number> {
  const { names, limitOf } = read(args);
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
    if (part.needs !== undefined && !await exists(part.needs)) {
      console.log(`${part.name}: left out, ${part.needs} is not there`);
    } else if (!await runPart(part, limitOf(part))) failures++;
  }
  return failures === 0 ? 0 : 1;
}

/** The parts that are wanted, and the seconds that each may take. */
function read(args: readonly string[]) {
  const flag = args.indexOf("--minutes");
  if (flag < 0) return { names: args, limitOf: () => LIMIT_SECONDS };
  const seconds = 60 * Number(args[flag + 1]);
  const names = args.filter((_, i) => i !== flag && i !== flag + 1);
  return { names, limitOf: ({ share }: Part) => Math.ceil(share * seconds) };
}

/** Runs the part, writes down what it prints, and tells whether it went well. */
async function runPart({ name, task }: Part, limitSeconds: number): Promise<boolean> {
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
    signal: AbortSignal.timeout(1000 * limitSeconds),
  }).spawn();
  const copying = [child.stdout, child.stderr].map(async (stream) => {
    for await (const bytes of stream) await writeAll(file, bytes);
  });
  const { code } = await child.status;
  await Promise.all(copying);
  const seconds = (performance.now() - start) / 1000;
  const end = code === 0 ? "ok" : seconds >= limitSeconds ? "took too long" : `failed with ${code}`;
  console.log(`${name}: ${end}, ${seconds.toFixed(1)} s`);
  return code === 0;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

if (import.meta.main) Deno.exit(await main(Deno.args));
