/** All drafting methods. A new one is a file of its own, and a line here. */

import type { DraftAsset, DraftAssets, DraftTuning } from "./assets.ts";
import { autoMethod } from "./auto.ts";
import { AUTOREGRESSIVE } from "./autoregressive.ts";
import { COMBINED } from "./hidden_transfer/combined.ts";
import { HIDDEN_TRANSFER } from "./hidden_transfer/hidden_transfer.ts";
import { EARLY_EXIT } from "./layer_skipping/early_exit.ts";
import { SELF_SPECULATIVE } from "./layer_skipping/self_speculative.ts";
import { MEDUSA } from "./medusa/medusa.ts";
import { missingFor, type RegisteredMethod } from "./method.ts";
import { PHRASES } from "./phrases/phrases.ts";
import { PROMPT_LOOKUP } from "./lookup/prompt_lookup.ts";

/** The method that drafts nothing: what all others are compared with. */
export const PLAIN: RegisteredMethod = AUTOREGRESSIVE;

/**
 * What is used when nothing is asked for: drafts as much as pays while a text runs. On a software device
 * phrases alone were faster than together with hidden transfer, whose drafts take a pass.
 */
export const AUTO: RegisteredMethod = autoMethod(
  [COMBINED, HIDDEN_TRANSFER, PHRASES, PROMPT_LOOKUP],
  [PHRASES, COMBINED, HIDDEN_TRANSFER, PROMPT_LOOKUP],
);

/**
 * All methods. Of those after the first, the first that misses nothing is used where a tree is asked for
 * and no method: those before plain decoding, which needs nothing, are in order of preference.
 */
export const DRAFTING_METHODS: readonly RegisteredMethod[] = [
  AUTO,
  HIDDEN_TRANSFER,
  PHRASES,
  PLAIN,
  MEDUSA,
  COMBINED,
  PROMPT_LOOKUP,
  SELF_SPECULATIVE,
  EARLY_EXIT,
];

/** Everything that can be trained for the methods. */
export const DRAFT_ASSETS: readonly DraftAsset[] = [
  ...new Set(DRAFTING_METHODS.flatMap(({ needs, uses = [] }) => [...needs, ...uses])),
];

/** The method of this name, if there is one. */
export function methodNamed(name: string): RegisteredMethod | undefined {
  return DRAFTING_METHODS.find((method) => method.name === name);
}

/** Where it is kept which of a model's ways of drafting is fastest: with the maps, if it has some. */
export function tuningOf(assets: DraftAssets): DraftTuning {
  const best = DRAFTING_METHODS.find((method) =>
    method.tuning !== undefined && missingFor(method, assets) === null
  );
  return best!.tuning!; // Prompt lookup needs nothing.
}

/** The methods to try for it: those that are kept there and that the model has what they need for. */
export function tunedMethods(assets: DraftAssets): RegisteredMethod[] {
  const { methods } = tuningOf(assets);
  return DRAFTING_METHODS.filter((method) =>
    methods.includes(method.name) && missingFor(method, assets) === null
  );
}

/** The method that is used when none is named, but a tree is. */
export function defaultMethod(assets: DraftAssets): RegisteredMethod {
  return DRAFTING_METHODS.find((method) => method !== AUTO && missingFor(method, assets) === null)!;
}
