/** Tiles of products in words. */

import { count } from "../../engine/text/count.ts";
import type { BlockTile } from "../../ops/layouts.ts";

/** `8 rows, 2 columns of a lane, staged, up to 8 octets of a column under way` */
export function tileText({ rows, rowLanes, input, ahead }: BlockTile): string {
  return `${count(rows, "row")}, ${count(rowLanes, "column")} of a lane, ${input}, ` +
    `${ahead > 1 ? "up to " : ""}${4 * ahead} octets of a column under way`;
}
