/** The commands of the program. */

import { ANALYZE_COMMAND } from "./analyze/command.ts";
import { BENCH_COMMAND } from "./bench/command.ts";
import { CHAT_COMMAND } from "./chat/command.ts";
import type { Command } from "./command.ts";
import { DOCTOR_COMMAND } from "./doctor/command.ts";
import { GENERATE_COMMAND } from "./generate/command.ts";
import { MODELS_COMMAND, REMOVE_COMMAND } from "./models/command.ts";
import { PERPLEXITY_COMMAND } from "./perplexity/command.ts";
import { PULL_COMMAND } from "./pull/command.ts";
import { QUANTIZE_COMMAND } from "./quantize/command.ts";
import { TRAIN_COMMAND } from "./train/command.ts";
import { TUNE_COMMAND } from "./tune/command.ts";

/** All commands, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  CHAT_COMMAND,
  GENERATE_COMMAND,
  PULL_COMMAND,
  MODELS_COMMAND,
  REMOVE_COMMAND,
  QUANTIZE_COMMAND,
  TUNE_COMMAND,
  TRAIN_COMMAND,
  BENCH_COMMAND,
  ANALYZE_COMMAND,
  PERPLEXITY_COMMAND,
  DOCTOR_COMMAND,
];
