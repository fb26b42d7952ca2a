import { type Command, command } from "../command.ts";
import { DOCTOR_FLAGS } from "./flags.ts";

/** The command `foretoken doctor`. */
export const DOCTOR_COMMAND: Command = command({
  name: "doctor",
  summary: "show the GPU and prove the kernels on it",
  details:
    "Names the adapter and what it offers, compares every kernel with plain arithmetic, and measures " +
    "what a pass of the model costs by its rows: the less many rows cost beside one, the more drafts " +
    "can gain here. With --model it also tells how that model would run.",
  flags: DOCTOR_FLAGS,
  examples: [
    { line: "foretoken doctor", does: "check this machine" },
    {
      line: "foretoken doctor -m ORG/NAME",
      does: "check how a model would run on this machine",
    },
    { line: "foretoken doctor --json | jq .adapter", does: "the same for programs" },
  ],
}, async () => (await import("./doctor.ts")).runDoctor);
