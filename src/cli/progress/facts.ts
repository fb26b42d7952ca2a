/** What is told of work beside the share that is done. */

import { count } from "../../engine/text/count.ts";
import { bytesText, partOfBytesText } from "../quantities.ts";
import type { DescribeAdvance } from "./progress.ts";

/** `12.3 of 269.1 MB` */
export const describeBytes: DescribeAdvance = ({ done, total = 0 }) => [
  partOfBytesText(done, total),
];

/** The same, with the speed: `12.3 of 269.1 MB, 2.0 MB/s`. */
export const describeTransfer: DescribeAdvance = ({ done, total = 0 }, perSecond) => [
  partOfBytesText(done, total),
  ...(perSecond > 0 ? [`${bytesText(Math.round(perSecond))}/s`] : []),
];

/** `640 of 3012 tokens`; of what has no known end, `640 tokens`. */
export function describeCount(one: string): DescribeAdvance {
  return ({ done, total }) => [
    total === undefined ? count(done, one) : `${done} of ${count(total, one)}`,
  ];
}
