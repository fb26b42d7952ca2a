/** Ctrl-Z where nobody could take it back. */

import { environmentVariable } from "../../engine/environment.ts";

/** Is set for what task runners start. */
const TASK_VARIABLE = "INIT_CWD";

/**
 * Lets Ctrl-Z have no effect where a task runner started the program. `deno task` hears of it and does
 * not stop, so that the shell would wait for a task whose program stands still, and hear no key.
 */
export function ignoreSuspensionInTasks(): void {
  if (Deno.build.os === "windows" || environmentVariable(TASK_VARIABLE) === undefined) return;
  Deno.addSignalListener("SIGTSTP", () => {});
}
