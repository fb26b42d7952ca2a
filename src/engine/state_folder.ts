/** The program's folder in the user's home. */

import { join } from "@std/path";
import { environmentVariable } from "./environment.ts";

/** Path of a file in it, after the XDG base directory specification; null without a home. */
export function stateFile(...names: string[]): string | null {
  const state = environmentVariable("XDG_STATE_HOME");
  if (state !== undefined) return join(state, "foretoken", ...names);
  const home = environmentVariable("HOME") ?? environmentVariable("USERPROFILE");
  return home === undefined ? null : join(home, ".local", "state", "foretoken", ...names);
}
