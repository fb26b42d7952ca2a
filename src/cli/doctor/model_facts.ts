/** What `doctor` tells about a model on the device. */

import { missingFor } from "../../draft/method.ts";
import { PHRASES_ASSET } from "../../draft/phrases/load_phrases.ts";
import { DRAFTING_METHODS } from "../../draft/registry.ts";
import type { FolderAssets } from "../../engine/drafting/draft_assets.ts";
import type { ModelFolder, ModelText } from "../../engine/model_folder.ts";
import { count } from "../../engine/text/count.ts";
import type { ModelConfig } from "../../model/config.ts";
import type { Transformer } from "../../model/transformer.ts";
import { bytesText } from "../quantities.ts";

/** Facts by name. */
export function modelFacts(
  { name, path, config }: ModelFolder,
  { template }: Pick<ModelText, "template">,
  assets: Pick<FolderAssets, "missing">,
  { gpu }: Pick<Transformer, "gpu">,
): Record<string, string> {
  const { hiddenSize, layerCount, vocabSize, contextLength, longestContext, seesPictures } = config;
  const longer = longestContext === undefined ? "" : `, ${longestContext} with --context-length`;
  const unseen = seesPictures ? "; its text part, without what sees pictures" : "";
  const draftingMethods = DRAFTING_METHODS.filter((method) => missingFor(method, assets) === null);
  const couldLearn = template !== null && assets.missing(PHRASES_ASSET) !== null;
  return {
    name,
    folder: path,
    architecture: `${config.architecture}, ${count(layerCount, "layer")} of ${hiddenSize}${
      expertsOf(config)
    }${unseen}`,
    weights: config.quantization?.summary ?? "floats",
    tokens: `${vocabSize} in the vocabulary, ${contextLength} in the context${longer}`,
    "chat template": template ? "there" : "none: it continues texts and cannot chat",
    "memory of the GPU": `${bytesText(gpu.liveBytes)} for weights and tables`,
    "drafting methods": draftingMethods.map((method) => method.name).join(", "),
    ...(couldLearn && {
      "could learn":
        "to draft what it often says, from its own answers: foretoken train phrases -m MODEL",
    }),
  };
}

/** How many experts a token has in layers with experts, if there are some. */
function expertsOf({ layers }: ModelConfig): string {
  const experts = layers.map(({ mlp }) => mlp.experts).find((experts) => experts !== null);
  return experts ? `, ${experts.chosen} of ${experts.count} experts` : "";
}
