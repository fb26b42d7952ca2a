/** Tiles of products in words. */

import { count } from "../../engine/text/count.ts";
import type { BlockTile } from "../../ops/layouts.ts";

/** `8 rows, 2 columns of a lane, staged` */
export function tileText({ rows, rowLanes, input }: BlockTile): string {
  return `${count(rows, "row")}, ${count(rowLanes, "column")} of a lane, ${input}`;
}
