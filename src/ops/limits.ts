import limitsCode from "../../wgsl/shared/limits.wgsl" with { type: "text" };
import { constantOf } from "../gpu/layout.ts";

/** Greatest number of nodes of a tree, the root included. */
export const MAX_NODES: number = constantOf(limitsCode, "MAX_NODES");

/** Greatest number of drafts on a path. */
export const MAX_DEPTH: number = constantOf(limitsCode, "MAX_DEPTH");

/** Greatest number of parts of the vocabulary that drafts come from. */
export const MAX_CHUNKS: number = constantOf(limitsCode, "MAX_CHUNKS");

/** Greatest number of end-of-text ids. */
export const MAX_END_TOKENS: number = constantOf(limitsCode, "MAX_END_TOKENS");
