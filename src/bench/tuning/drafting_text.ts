/** Ways of drafting in words. */

import type { DraftSettings, DraftTree } from "../../format/settings/draft_settings.ts";
import type { Transformer } from "../../model/transformer.ts";
import type { DraftingChoice } from "./choices.ts";

/** `combined, 8 nodes, most probable paths`; `plain decoding` where there is no tree. */
export function draftingText({ method, ...tree }: DraftSettings): string {
  return tree.nodes === 1 ? "plain decoding" : `${method}, ${pathsText(tree)}`;
}

/** `combined, 8 nodes, most probable paths`, `prompt-lookup, a chain of 3`, `plain decoding` */
export function choiceText({ settings, form }: Pick<DraftingChoice, "settings" | "form">): string {
  const { method, nodes } = settings;
  return form === "chain" ? `${method}, a chain of ${nodes - 1}` : draftingText(settings);
}

/** `8 nodes, fixed shape`, `a chain of 3`, `no tree` */
export function treeText({ settings, method, form }: DraftingChoice, model: Transformer): string {
  const { nodes, depth } = method.sizes(model);
  if (nodes === 1) return "no tree";
  return form === "chain" ? `a chain of ${depth}` : pathsText({ ...settings, nodes });
}

function pathsText({ nodes, paths, inPassNodes = 0 }: DraftTree): string {
  const kind = paths ? "fixed shape" : "most probable paths";
  return `${nodes} nodes, ${kind}` + (inPassNodes > 0 ? `, ${inPassNodes} carry` : "");
}
