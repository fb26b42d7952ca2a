/** The command `train`, as people start it, and texts to train on. */

import { fromFileUrl } from "@std/path";
import { PROGRAM_PERMISSIONS } from "../../setup/program.ts";

const MAIN = fromFileUrl(new URL("../../../main.ts", import.meta.url));

/** The demo model. */
export const DEMO = fromFileUrl(new URL("../../../weights/demo", import.meta.url));

/** A folder for what the tests of a file write. */
export const scratch = await Deno.makeTempDir();

/** A file of short texts. */
export const DATA = `${scratch}/data.jsonl`;

/** What all of them repeat. */
export const SENTENCE = "The little boat went down the river, and nobody knew where it was bound. ";

/** The lines of the file. */
export const LINES = Array.from(
  { length: 50 },
  (_, i) => JSON.stringify({ text: `${i} times. ${SENTENCE.repeat(3)}` }),
);
await Deno.writeTextFile(DATA, LINES.join("\n"));

/** The command with these words after it. */
export function program(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...PROGRAM_PERMISSIONS, MAIN, "train", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs it to its end. */
export async function train(...args: string[]) {
  const { code, stdout, stderr } = await program(...args).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
