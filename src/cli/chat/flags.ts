/** The flags of `chat`; `/set` changes the same settings while it runs. */

import { suggestion } from "../../engine/nearest.ts";
import type { Drafting } from "../../engine/drafting/drafting.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import { REPORT_FLAGS } from "../answers/report_flags.ts";
import { UsageError } from "../errors.ts";
import { DRAFTING_FLAGS, METHOD_FLAGS } from "../flags/drafting_flags.ts";
import { type Flag, type FlagValues, text, toggle } from "../flags/flags.ts";
import {
  type ResolvedSampling,
  resolvedText,
  resolveSampling,
} from "../flags/resolved_sampling.ts";
import {
  COMMON_FLAGS,
  lengthFlags,
  MODEL_FLAGS,
  type SamplingDefaults,
  samplingFlags,
  samplingFrom,
} from "../flags/sampling_flags.ts";
import { PROMPT_CACHE_FLAG } from "../prompt_cache.ts";
import { THINKING_FLAGS } from "../flags/thinking_flags.ts";

/** How tokens are chosen where neither a flag nor the model says how. */
const CHAT_SAMPLING: SamplingDefaults = { temperature: 0.7, topP: 0.95 };

/** How answers are made; `/set` knows the same names. */
export const ANSWER_FLAGS = {
  ...lengthFlags(undefined),
  ...samplingFlags(CHAT_SAMPLING),
  sampling: samplingFrom("model"),
  ...METHOD_FLAGS,
};

/** The flags of `chat`. */
export const CHAT_FLAGS = {
  system: text({ short: "s", placeholder: "TEXT", help: "instruction for the whole conversation" }),
  continue: toggle({ short: "c", help: "go on with the last conversation with this model" }),
  "no-keep": toggle({
    help:
      "keep neither the conversation, nor the history of messages, nor what --method auto learns " +
      "on disk",
  }),
  ...ANSWER_FLAGS,
  ...THINKING_FLAGS,
  ...REPORT_FLAGS,
  ...PROMPT_CACHE_FLAG,
  ...DRAFTING_FLAGS,
  ...MODEL_FLAGS,
  ...COMMON_FLAGS,
};

/** Parsed flags of `chat`, as far as they can change while it runs. */
export type ChatSettings = FlagValues<typeof ANSWER_FLAGS> & { system: string | undefined };

/** Parsed flags of `chat`. */
export type ChatFlags = FlagValues<typeof CHAT_FLAGS>;

/** How tokens are chosen, and who says so. */
export function chatSampling(
  settings: ChatSettings,
  { generationDefaults: model }: Pick<TextModel, "generationDefaults">,
): ResolvedSampling {
  return resolveSampling(settings, { model, from: settings.sampling, defaults: CHAT_SAMPLING });
}

type SettingName = keyof typeof ANSWER_FLAGS;

/** What is used where a setting says nothing. */
export interface Defaults {
  sampling: ResolvedSampling;
  drafting: Pick<Drafting, "method" | "nodes">;
}

/**
 * The settings and their values, one line each, and what is used where none was given; only one setting if
 * it is named.
 *
 * @throws UsageError for an unknown name (naming the nearest).
 */
export function settingLines(
  settings: ChatSettings,
  { sampling, drafting }: Defaults,
  name?: string,
): string[] {
  const names = name === undefined
    ? Object.keys(ANSWER_FLAGS) as SettingName[]
    : [settingNamed(name)];
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => {
    const value = resolvedText(name, sampling) ?? draftingText(name, settings, drafting) ??
      valueText(settings[name]);
    return `  ${name.padEnd(width)}  ${value}`;
  });
}

/** How drafts are made where the settings do not say it; null where they do, and of other settings. */
function draftingText(
  name: SettingName,
  { method, tree, "tree-file": file }: ChatSettings,
  drafting: Defaults["drafting"],
): string | null {
  if (name === "method" && method === undefined) return `${drafting.method} (default)`;
  const isOpen = tree === undefined && file === undefined;
  return name === "tree" && isOpen ? `${drafting.nodes} (default)` : null;
}

function valueText(value: unknown): string {
  if (value === undefined) return "not set";
  return Array.isArray(value)
    ? value.map((one) => JSON.stringify(one)).join(" ") || "none"
    : `${value}`;
}

/**
 * The settings after one was changed by its text; `default` puts it back.
 *
 * @throws UsageError for an unknown name (naming the nearest) or a value that is not valid.
 */
export function changeSetting<Settings extends ChatSettings>(
  settings: Settings,
  name: string,
  value: string,
): Settings {
  const key = settingNamed(name);
  const flag = ANSWER_FLAGS[key] as Flag<unknown>;
  const changed = value === "default" ? flag.initial : flag.accept(settings[key], value, key);
  // Of the two ways to give a tree, the later one counts.
  if (key === "tree") return { ...settings, "tree-file": undefined, tree: changed };
  if (key === "tree-file") return { ...settings, tree: undefined, "tree-file": changed };
  return { ...settings, [key]: changed };
}

function settingNamed(name: string): SettingName {
  const bare = name.replace(/^--/, "");
  if (Object.hasOwn(ANSWER_FLAGS, bare)) return bare as SettingName;
  const hint = suggestion(bare, Object.keys(ANSWER_FLAGS), "/set lists them");
  throw new UsageError(`there is no setting ${name}${hint}`);
}
