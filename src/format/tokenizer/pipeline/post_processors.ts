/** The ids that a tokenizer puts around every text. */

import { type Component, componentsOf } from "./components.ts";

/** Ids before and after those of a text. */
export interface Surroundings {
  before: number[];
  after: number[];
}

/**
 * What the post-processor of tokenizer.json adds to one text.
 *
 * @param idOf for the tokens that the file names without an id.
 * @throws {Error} when it is of an unknown type or lacks something.
 */
export function surroundingsOf(
  step: Component | null,
  idOf: (token: string) => number,
): Surroundings {
  if (step === null || step.type === "ByteLevel") return { before: [], after: [] };
  switch (step.type) {
    case "Sequence": {
      const all = componentsOf(step, "processors").map((inner) => surroundingsOf(inner, idOf));
      const adding = all.filter(({ before, after }) => before.length + after.length > 0);
      // The library takes what the first one makes for several texts, and puts the second one's
      // tokens around each or between them.
      if (adding.length > 1) throw new Error("a Sequence of two post-processors that add tokens");
      return adding[0] ?? { before: [], after: [] };
    }
    case "TemplateProcessing":
      return templateSurroundings(step, idOf);
    case "BertProcessing":
    case "RobertaProcessing":
      return { before: [pairId(step.cls)], after: [pairId(step.sep)] };
    default:
      throw new Error(`an unknown post-processor, ${step.type}`);
  }
}

interface TemplatePart {
  SpecialToken?: { id?: unknown };
  Sequence?: unknown;
}

function templateSurroundings(step: Component, idOf: (token: string) => number): Surroundings {
  const parts = step.single;
  if (!Array.isArray(parts)) throw new Error("a template without steps");
  const known = step.special_tokens as Record<string, { ids?: unknown }> | undefined;
  const result: Surroundings = { before: [], after: [] };
  let hasText = false;
  for (const part of parts as TemplatePart[]) {
    if (part?.Sequence !== undefined) {
      hasText = true;
      continue;
    }
    const token = part?.SpecialToken?.id;
    if (typeof token !== "string") throw new Error("a template with a part of an unknown kind");
    const entry = known && Object.hasOwn(known, token) ? known[token].ids : undefined;
    const ids = Array.isArray(entry) && entry.every(Number.isSafeInteger) ? entry : [idOf(token)];
    result[hasText ? "after" : "before"].push(...ids);
  }
  if (!hasText) throw new Error("a template without the text");
  return result;
}

/** The id of a token that is written as a pair of both. */
function pairId(pair: unknown): number {
  const id = Array.isArray(pair) ? pair[1] : undefined;
  if (Number.isSafeInteger(id)) return id;
  throw new Error("a post-processor without its tokens");
}
