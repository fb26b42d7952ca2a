import { DRIVER_VARIABLES } from "../../../gpu/driver_environment.ts";
import { fromFileUrl } from "@std/path";
import { table } from "../../report/table.ts";
import { median } from "../../timing/statistics.ts";

const ROOT = fromFileUrl(new URL("../../../../", import.meta.url));
const RUNS = 5;
/** Mesa's drivers compile every kernel anew with it, as at the very first start. */
const WITHOUT_SHADER_CACHE = { MESA_SHADER_CACHE_DISABLE: "true" };

/** Time from the start of the program to its first text, with the demo model. */
export async function reportStart(): Promise<string> {
  const [usual, first]: number[][] = [[], []];
  await firstText({}); // Warms the file system and the driver's cache.
  for (let run = 0; run < RUNS; run++) {
    usual.push(await firstText({}));
    first.push(await firstText(WITHOUT_SHADER_CACHE));
  }
  const seconds = (times: number[]) => [
    `${median(times).toFixed(2)} s`,
    `${Math.min(...times).toFixed(2)} to ${Math.max(...times).toFixed(2)} s`,
  ];
  return table([
    ["start to first text", ...seconds(usual), "goal: under 2 s"],
    ["without Mesa's shader cache", ...seconds(first), "as at the very first start"],
  ]) + `  Medians of ${RUNS} starts each, in turns.\n`;
}

/** Seconds from spawning the program to the first byte of an answer. */
async function firstText(variables: Record<string, string>): Promise<number> {
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", `--allow-env=${DRIVER_VARIABLES}`],
      ...[`${ROOT}main.ts`, "generate", "-p", "I want to find a restaurant"],
      ...["--max-tokens", "32"],
    ],
    env: variables,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  const seconds = (performance.now() - start) / 1000;
  reader.releaseLock();
  await child.stdout.cancel();
  const { code } = await child.status;
  if (done) throw new Error(`the program ended with ${code} and no text`);
  return seconds;
}
