/**
 * All that is worth knowing about a device, in one run, what matters most first:
 *
 *   measure.ts [--minutes N] [PART ...]
 *
 * Tells whether everything is right on it, and how fast it is. What each part prints goes to a file of
 * `.cache/measured` as it comes, and one line tells how it ended. With --minutes a part is ended when its
 * share of that time is over, and no part begins when all of it is. Exits with 1 if a part failed or took
 * too long.
 */
import { exists } from "@std/fs";
import { join } from "@std/path";
import { FOLDER, type Part, PARTS, ROOT } from "./measure_parts.ts";

/** A part that has less than this shows nothing. */
const LEAST_SECONDS = 5;

/** For a device that hangs; a software driver needs half of it for the longest part. */
const LIMIT_SECONDS = 1800;

async function main(args: readonly string[]): Promise<number> {
  const { names, seconds, limitOf } = read(args);
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    const known = PARTS.map(({ name }) => name).join(", ");
    console.error(`error: no part is called ${unknown}; the parts are ${known}`);
    return 64;
  }
  await Deno.mkdir(FOLDER, { recursive: true });
  const start = performance.now();
  let failures = 0;
  for (const part of PARTS) {
    if (names.length > 0 && !names.includes(part.name)) continue;
    const leftSeconds = seconds - (performance.now() - start) / 1000;
    if (part.needs !== undefined && !await exists(part.needs)) {
      console.log(`${part.name}: left out, ${part.needs} is not there`);
    } else if (leftSeconds < LEAST_SECONDS) {
      console.log(`${part.name}: left out, the time is over`);
    } else if (!await runPart(part, Math.min(limitOf(part), leftSeconds))) failures++;
  }
  return failures === 0 ? 0 : 1;
}

/** The parts that are wanted, the seconds that each may take, and those that all may. */
function read(args: readonly string[]) {
  const flag = args.indexOf("--minutes");
  if (flag < 0) return { names: args, seconds: Infinity, limitOf: () => LIMIT_SECONDS };
  const seconds = 60 * Number(args[flag + 1]);
  const names = args.toSpliced(flag, 2);
  return { names, seconds, limitOf: ({ share }: Part) => Math.ceil(share * seconds) };
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
