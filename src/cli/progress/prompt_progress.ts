import { describeCount } from "./facts.ts";
import { Progress } from "./progress.ts";

/** Progress of reading a prompt, from now on. */
export function promptProgress(): Progress {
  return new Progress("reading the prompt", describeCount("token"));
}
