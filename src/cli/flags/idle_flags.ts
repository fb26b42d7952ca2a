/** Flags that change nothing, which whoever gave them should hear. */

import { TRANSFER_MAPS } from "../../draft/hidden_transfer/load_maps.ts";
import { PHRASES_ASSET } from "../../draft/phrases/load_phrases.ts";
import { draftingMethodOf, isAuto } from "../../engine/drafting/drafting.ts";
import type { TextModel } from "../../engine/text/generate_text.ts";
import type { AssetFlagValues, MethodFlagValues } from "./drafting_flags.ts";
import type { SamplingFlagValues } from "./sampling_flags.ts";

/** The flags of answers that may be without effect. */
export interface AnsweringFlags extends SamplingFlagValues, MethodFlagValues, AssetFlagValues {
  forget: boolean;
  "context-length": number | undefined;
  "chat-template": string | undefined;
  think: boolean;
  "no-think": boolean;
}

/** What is true of all prompts together. */
export interface PromptKinds {
  /** Whether each answer takes the most probable token always. */
  isGreedy: boolean;
  /** Whether any of them goes through the chat template. */
  hasMessages: boolean;
}

/** A line for each group of flags that were given and have no effect on any of the prompts. */
export function idleFlagLines(
  flags: AnsweringFlags,
  model: Pick<TextModel, "name" | "drafting" | "decoder">,
  kinds: PromptKinds,
): string[] {
  return causesOf(flags, model, kinds).flatMap(([isCause, given, why]) => {
    const names = Object.entries(given).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`]
    );
    return isCause && names.length > 0 ? [`${names.join(", ")}: no effect ${why}`] : [];
  });
}

/** Why flags may have no effect, and whether they have none: those that were given are not undefined. */
type Cause = [isCause: boolean, flags: Partial<AnsweringFlags>, why: string];

function causesOf(
  flags: AnsweringFlags,
  { name, drafting, decoder: { contextLength } }: Pick<TextModel, "name" | "drafting" | "decoder">,
  { isGreedy, hasMessages }: PromptKinds,
): Cause[] {
  const { method, depth } = drafting;
  const { needs = [], uses = [] } = draftingMethodOf(drafting) ?? {};
  const drafts = [...needs, ...uses];
  return [
    [
      isGreedy,
      {
        seed: flags.seed,
        "top-k": flags["top-k"] || undefined,
        "top-p": flags["top-p"] === 1 ? undefined : flags["top-p"],
        "min-p": flags["min-p"] || undefined,
      },
      "at temperature 0, which takes the most probable token always",
    ],
    [
      depth === 0,
      {
        tree: flags.tree === 1 ? undefined : flags.tree,
        "tree-file": flags["tree-file"],
      },
      `with ${method}, which drafts nothing; see --method`,
    ],
    [
      !isAuto(drafting),
      { forget: flags.forget || undefined },
      `with ${method}, which learns nothing`,
    ],
    [
      !drafts.includes(TRANSFER_MAPS),
      { maps: flags.maps },
      `with ${method}, which uses no maps`,
    ],
    [
      !drafts.includes(PHRASES_ASSET),
      { phrases: flags.phrases },
      `with ${method}, which uses no phrases`,
    ],
    [
      (flags["context-length"] ?? 0) > contextLength,
      { "context-length": flags["context-length"] },
      `beyond the ${contextLength} tokens of ${name}`,
    ],
    [
      !hasMessages,
      {
        "chat-template": flags["chat-template"],
        think: flags.think || undefined,
        "no-think": flags["no-think"] || undefined,
      },
      "without messages; see --chat",
    ],
  ];
}
