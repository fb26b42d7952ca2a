/** Marking how each token came: in colours, or with superscripts where there are none. */

import type { Drafting } from "../../engine/drafting/drafting.ts";
import type { TextSpan } from "../../engine/text/stream/assembler.ts";
import type { Output } from "../terminal/output.ts";

/** Colours of the offsets 1 … 8: green, cyan, yellow, magenta, and the bright ones. */
const COLORS = [32, 36, 33, 35, 92, 96, 93, 95];

/** Superscripts of the offsets 1 … 8. */
const SUPERSCRIPTS = "¹²³⁴⁵⁶⁷⁸";

/** Writes spans, marked by the offset at which they were drafted. */
export async function writeMarked(output: Output, spans: readonly TextSpan[]): Promise<void> {
  for (const { text, offset } of spans) {
    if (offset === 0) await output.write(text);
    else if (output.hasColor) await output.write(text, (plain) => colored(plain, offset));
    else await output.write(withSuperscript(text, offset));
  }
}

/** Writes spans as they are; what was thought before the answer is dim. */
export async function writePlain(output: Output, spans: readonly TextSpan[]): Promise<void> {
  for (const { text, part } of spans) {
    await output.write(text, part !== undefined && output.hasColor ? dim : undefined);
  }
}

function dim(text: string): string {
  return `\x1b[2m${text}\x1b[22m`;
}

/** The line that explains the marks; it stands before the first answer. */
export function legendLine(
  output: Output,
  { method, depth }: Pick<Drafting, "method" | "depth">,
): string {
  if (depth === 0) return `${method} drafts nothing: every token is chosen by the model`;
  const offsets = Array.from({ length: depth }, (_, i) => i + 1).map((offset) =>
    output.hasColor
      ? colored(`offset ${offset}`, offset)
      : `${SUPERSCRIPTS[offset - 1]} offset ${offset}`
  );
  return `unmarked: chosen by the model; drafts that were kept: ${offsets.join(", ")}`;
}

/** The superscript follows the word, before the white space that ends a token. */
function withSuperscript(text: string, offset: number): string {
  const word = text.trimEnd();
  return word + SUPERSCRIPTS[offset - 1] + text.slice(word.length);
}

function colored(text: string, offset: number): string {
  return `\x1b[${COLORS[offset - 1]}m${text}\x1b[39m`;
}
