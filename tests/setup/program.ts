/** How foretoken is started: the same permissions for the task, the executable and the tests. */

import { DRIVER_VARIABLES } from "../../src/gpu/driver_environment.ts";

/** Environment variables that the program reads. */
const VARIABLES = [
  "FORETOKEN_MODEL", // the model folder that is used without --model
  "FORETOKEN_DEBUG", // whether a fault of the program shows its stack trace
  "XDG_STATE_HOME", // the first that is set says where chat keeps its history
  "HOME",
  "USERPROFILE",
  "NO_COLOR", // whether stderr is coloured
  "TERM",
  ...DRIVER_VARIABLES, // set where they are missing
];

/**
 * Permissions of the program. Files are not narrowed, because the model, the prompts and what /save
 * writes are wherever the user says. No network, no subprocesses, no libraries, no code from elsewhere (which Deno
 * would otherwise import from a few well-known hosts), and no questions.
 */
export const PROGRAM_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--deny-import",
  "--allow-read",
  "--allow-write",
  `--allow-env=${VARIABLES.join(",")}`,
];
