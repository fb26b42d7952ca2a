/** How tokens are chosen, put together from flags, the model and defaults, and who says what. */

import { NEUTRAL, type SamplingSettings, type TokenChoice } from "../../ops/choose.ts";
import type { GenerationDefaults } from "../../engine/text/generation_defaults.ts";
import type { SamplingDefaults, SamplingFlagValues } from "./sampling_flags.ts";

/** The flag of each setting. */
const FLAG_NAMES = {
  temperature: "temperature",
  topK: "top-k",
  topP: "top-p",
  minP: "min-p",
  repetitionPenalty: "repetition-penalty",
} as const satisfies Record<keyof TokenChoice, string>;

/** Where a setting's value comes from. */
export type SamplingSource = "flag" | "model" | "default";

/** How tokens are chosen, and who says so. */
export interface ResolvedSampling {
  settings: TokenChoice;
  sources: Readonly<Record<keyof TokenChoice, SamplingSource>>;
}

/** Who can say how tokens are chosen, beside the flags. */
export interface SamplingAdvice {
  /** What the model says; it does not count unless `from` is "model". */
  model: GenerationDefaults;
  from: "model" | "builtin";
  defaults: SamplingDefaults;
}

/** Puts together what the flags, the model and the command say, the former before the latter. */
export function resolveSampling(
  flags: Omit<SamplingFlagValues, "seed">,
  { model, from, defaults }: SamplingAdvice,
): ResolvedSampling {
  const settings = { ...NEUTRAL, ...defaults, ...(from === "model" && model.sampling) };
  const sources: Record<string, SamplingSource> = {};
  for (const [name, flag] of settingsAndFlags()) {
    const isOfModel = from === "model" && model.sampling[name] !== undefined;
    sources[name] = isOfModel ? "model" : "default";
    const given = flags[flag];
    if (given === undefined) continue;
    settings[name] = given;
    sources[name] = "flag";
  }
  return { settings, sources: sources as ResolvedSampling["sources"] };
}

/** The setting of a flag with its source, such as `0.7 (model)`; null for a flag that is none of these. */
export function resolvedText(flag: string, { settings, sources }: ResolvedSampling): string | null {
  const found = settingsAndFlags().find(([, name]) => name === flag);
  return found === undefined ? null : `${settings[found[0]]} (${sources[found[0]]})`;
}

/**
 * The settings in one line, those left out that change nothing: `temperature 0.6 (model), top-p 0.9
 * (flag)`; without temperature, filters have nothing to do.
 */
export function samplingText({ settings, sources }: ResolvedSampling): string {
  return settingsAndFlags().filter(([name]) =>
    name === "temperature" ||
    settings[name] !== NEUTRAL[name] &&
      (settings.temperature > 0 || name === "repetitionPenalty")
  ).map(([name, flag]) => `${flag} ${settings[name]} (${sources[name]})`).join(", ");
}

/** Sampling settings with a seed: that of the flag, or a new one where chance decides. */
export function withSeed(
  { settings }: ResolvedSampling,
  seed: number | undefined,
  newSeed: () => number,
): SamplingSettings {
  return { ...settings, seed: seed ?? (settings.temperature > 0 ? newSeed() : 0) };
}

function settingsAndFlags() {
  return Object.entries(FLAG_NAMES) as [
    keyof TokenChoice,
    (typeof FLAG_NAMES)[keyof TokenChoice],
  ][];
}
