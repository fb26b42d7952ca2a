/** How a model drafts, in words. */

import type { Drafting } from "../../engine/drafting/drafting.ts";
import { count } from "../../engine/text/count.ts";

/** `hidden-transfer, trees of 8 nodes` */
export function methodText({ method, nodes, depth }: Drafting): string {
  return depth === 0 ? method : `${method}, trees of ${count(nodes, "node")}`;
}
