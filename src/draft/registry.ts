/** All drafting methods. A new one is a file of its own, and a line here. */

import type { DraftSettings } from "../format/settings/draft_settings.ts";
import type { DraftAsset, DraftAssets, MeasuredSettings } from "./assets.ts";
import { autoMethod } from "./auto.ts";
import { AUTOREGRESSIVE } from "./autoregressive.ts";
import { COMBINED } from "./hidden_transfer/combined.ts";
import { HIDDEN_TRANSFER } from "./hidden_transfer/hidden_transfer.ts";
import { EARLY_EXIT } from "./layer_skipping/early_exit.ts";
import { SELF_SPECULATIVE } from "./layer_skipping/self_speculative.ts";
import { MEDUSA } from "./medusa/medusa.ts";
import { missingFor, type RegisteredMethod } from "./method.ts";
import { PROMPT_LOOKUP } from "./prompt_lookup.ts";

/** The method that drafts nothing: what all others are compared with. */
export const PLAIN: RegisteredMethod = AUTOREGRESSIVE;

/** What is used when nothing is asked for: drafts as much as pays while a text runs. */
export const AUTO: RegisteredMethod = autoMethod([COMBINED, HIDDEN_TRANSFER, PROMPT_LOOKUP]);

/**
 * All methods. Of those after the first, the first that misses nothing is used where a tree is asked for
 * and no method: those before plain decoding, which needs nothing, are in order of preference.
 */
export const DRAFTING_METHODS: readonly RegisteredMethod[] = [
  AUTO,
  HIDDEN_TRANSFER,
  PLAIN,
  MEDUSA,
  COMBINED,
  PROMPT_LOOKUP,
  SELF_SPECULATIVE,
  EARLY_EXIT,
];

/** Everything that can be trained for the methods. */
export const DRAFT_ASSETS: readonly DraftAsset[] = [
  ...new Set(DRAFTING_METHODS.flatMap(({ needs }) => needs)),
];

/** The method of this name, if there is one. */
export function methodNamed(name: string): RegisteredMethod | undefined {
  return DRAFTING_METHODS.find((method) => method.name === name);
}

/**
 * Where it is kept which of a model's ways of drafting is fastest: with the maps, if it has some. The
 * methods that are kept there are those to try.
 */
export function tuningOf(assets: DraftAssets): MeasuredSettings<DraftSettings> {
  const best = DRAFTING_METHODS.find((method) =>
    method.tuning !== undefined && missingFor(method, assets) === null
  );
  return best!.tuning!; // Prompt lookup needs nothing.
}

/** The method that is used when none is named, but a tree is. */
export function defaultMethod(assets: DraftAssets): RegisteredMethod {
  return DRAFTING_METHODS.find((method) => method !== AUTO && missingFor(method, assets) === null)!;
}
