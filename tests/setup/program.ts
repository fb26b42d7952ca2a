/** How foretoken is started: the same permissions for the task, the executable and the tests. */

import { DRIVER_VARIABLES } from "../../src/gpu/driver_environment.ts";

/** Environment variables that the program reads. */
const VARIABLES = [
  "FORETOKEN_MODEL", // the model folder that is used without --model
  "FORETOKEN_DEBUG", // whether a fault of the program shows its stack trace
  "XDG_STATE_HOME", // the first that is set says where chat keeps its history
  "HOME",
  "USERPROFILE",
  "INIT_CWD", // whether a task runner started it, which Ctrl-Z does not stop
  "NO_COLOR", // whether stderr is coloured
  "TERM",
  ...DRIVER_VARIABLES, // set where they are missing
  "HF_HOME", // where models of the hub are kept, and the token that tells the hub who asks
  "HF_HUB_CACHE",
  "HF_TOKEN",
  "HF_ENDPOINT",
  "HF_HUB_OFFLINE",
  "XDG_CACHE_HOME",
];

/** The hub that `pull` and `--model ORG/NAME` fetch models from, and the stores that it sends them to. */
export const HUB_HOSTS: readonly string[] = [
  "huggingface.co:443",
  "*.huggingface.co:443",
  "*.hf.co:443",
];

/**
 * Permissions of the program. Files are not narrowed, because the model, the prompts and what /save
 * writes are wherever the user says. Of the network only the hub, and that is given up as soon as the
 * model's folder is known (src/cli/network.ts). No subprocesses, no libraries, no code from elsewhere
 * (which Deno would otherwise import from a few well-known hosts), and no questions.
 */
export const PROGRAM_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--deny-import",
  "--allow-read",
  "--allow-write",
  `--allow-net=${HUB_HOSTS.join(",")}`,
  `--allow-env=${VARIABLES.join(",")}`,
  "--allow-sys=systemMemoryInfo", // whether a model fits a driver that runs in it
];
