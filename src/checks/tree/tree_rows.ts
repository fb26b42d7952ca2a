import { type Row, textRow } from "../../ops/rows.ts";
import { type DraftTree, pathTo } from "../oracles/drafts/tree.ts";

/** Position of the root of every checked tree. */
export const ROOT_POSITION = 41;

/** Cache slot of node n is FIRST_SLOT + n; the root's is its position. */
export const FIRST_SLOT = 500;

/** The rows of a tree's nodes as the decoding loop has them: the root is part of the text. */
export function nodeRows({ tokens, parents }: DraftTree): Row[] {
  return tokens.map((token, node) => {
    if (node === 0) return textRow(token, ROOT_POSITION);
    const path = pathTo(parents, node).slice(1);
    return {
      token,
      position: ROOT_POSITION + path.length,
      slot: FIRST_SLOT + node,
      prefix: ROOT_POSITION + 1,
      ancestors: path.map((ancestor) => FIRST_SLOT + ancestor),
    };
  });
}
