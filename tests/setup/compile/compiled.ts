/** The task that makes the executable, as tests start it. */
import { fromFileUrl } from "@std/path";

/** The project's folder. */
export const ROOT: string = fromFileUrl(new URL("../../../", import.meta.url));

/** Runs the task's script with the runtime that the environment variable DENORT_BIN names. */
export async function compile(
  runtime: string,
  output: string,
): Promise<{ code: number; report: string }> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", `--allow-read=${ROOT}`],
      ...[`--allow-run=${Deno.execPath()}`, "tests/setup/compile/compile.ts", output],
    ],
    cwd: ROOT,
    env: { DENORT_BIN: runtime },
  }).output();
  return { code, report: new TextDecoder().decode(stderr) };
}
