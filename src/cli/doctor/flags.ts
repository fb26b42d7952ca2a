import { type FlagValues, toggle } from "../flags/flags.ts";
import { COMMON_FLAGS, MODEL_FLAGS } from "../flags/sampling_flags.ts";

/** The flags of `doctor`. */
export const DOCTOR_FLAGS = {
  model: MODEL_FLAGS.model,
  json: toggle({ help: "write one JSON object instead of text" }),
  ...COMMON_FLAGS,
};

/** Parsed flags of `doctor`. */
export type DoctorFlags = FlagValues<typeof DOCTOR_FLAGS>;
