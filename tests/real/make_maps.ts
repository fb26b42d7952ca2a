/** Maps of hidden transfer that the program itself makes for a model, in a few minutes. */
import { fromFileUrl, join } from "@std/path";
import { PROMPTS } from "../../src/bench/runs/prompts.ts";
import { PROGRAM_PERMISSIONS } from "../setup/program.ts";

const PROGRAM = fromFileUrl(new URL("../../main.ts", import.meta.url));

/** Texts of the model's own that the regression sees: more positions than the maps have inputs. */
const TEXTS = ["--self", "48", "--length", "96", "--batch", "8"];

/**
 * Makes maps for the model in the folder out of texts of its own, begun like the prompts of `bench`,
 * and returns their file in `cache`. They are the regression alone: training is interrupted where it
 * has measured them and would go on to better ones.
 */
export async function makeMaps(folder: string, cache: string): Promise<string> {
  const [data, maps] = [join(cache, "prompts.jsonl"), join(cache, "maps.safetensors")];
  const lines = PROMPTS.map((prompt) => {
    const content = "text" in prompt ? prompt.text : prompt.message;
    return JSON.stringify({ messages: [{ role: "user", content }] });
  });
  await Deno.writeTextFile(data, lines.join("\n"));
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, PROGRAM],
      ...["train", "hidden-transfer", "-m", folder, "--data", data, ...TEXTS, "--steps", "3"],
      ...["-o", maps],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const measured = /^step 0 of .*$/m;
  let said = "";
  for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
    const isFirst = !measured.test(said) && measured.test(said + piece);
    said += piece;
    if (isFirst) child.kill("SIGINT");
  }
  const { code } = await child.status;
  const start = measured.exec(said)?.[0];
  if (start === undefined || code !== 130) throw new Error(`training ended with ${code}\n${said}`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`maps by regression, made in ${seconds} s: ${start}`);
  return maps;
}
