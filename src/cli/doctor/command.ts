/** The command `foretoken doctor`: its help page, flags and examples. */

import { type Command, command } from "../command.ts";
import { DOCTOR_FLAGS } from "./flags.ts";

/** The command. */
export const DOCTOR_COMMAND: Command = command({
  name: "doctor",
  summary: "show the GPU and prove the kernels on it",
  flags: DOCTOR_FLAGS,
  examples: [
    { line: "foretoken doctor", does: "check this machine" },
    { line: "foretoken doctor --json | jq .adapter", does: "the same for programs" },
  ],
}, async () => (await import("./doctor.ts")).runDoctor);
