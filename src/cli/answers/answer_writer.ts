/** An answer as a person reads it in a chat. */

import type { TextSpan } from "../../engine/text/stream/assembler.ts";
import type { ThinkingMarks } from "../../format/chat/thinking.ts";
import type { Output } from "../terminal/output.ts";
import { terminalSize } from "../terminal/terminal_size.ts";
import { WordWrap } from "../terminal/word_wrap.ts";
import { writeMarked, writePlain } from "./draft_marks.ts";

/** How an answer is shown. */
export interface AnswerLook {
  /** Whether each token shows how it came. */
  showsDrafts: boolean;
  /** The marks of the thinking that the prompt has begun, if it has. */
  opened: ThinkingMarks | null;
}

/** Writes the spans of one answer; on a terminal its lines break between words. */
export class AnswerWriter {
  readonly #output: Output;
  readonly #wrap: WordWrap | null;
  readonly #look: AnswerLook;
  #last = "";

  constructor(output: Output, look: AnswerLook) {
    this.#output = output;
    this.#wrap = output.isTerminal ? new WordWrap(output, () => terminalSize().columns) : null;
    this.#look = look;
  }

  /** Writes more of the answer. */
  async write(spans: readonly TextSpan[]): Promise<void> {
    const { opened, showsDrafts } = this.#look;
    const write = showsDrafts ? writeMarked : writePlain;
    const shown = [...spans];
    // A person is to see where the thinking begins that the prompt has begun.
    if (this.#last === "" && opened && this.#output.isTerminal) {
      shown.unshift({ text: `${opened.open}\n`, offset: 0, part: "mark" });
    }
    await write(this.#wrap ?? this.#output, shown);
    this.#last = spans.at(-1)?.text ?? this.#last;
  }

  /** Ends the last line, if the answer has not; for a person, one without text has no line. */
  async end(): Promise<void> {
    await this.#wrap?.flush();
    const isEnded = this.#last === "" ? this.#output.isTerminal : this.#last.endsWith("\n");
    if (!isEnded) await this.#output.write("\n");
    await this.#output.settle();
  }
}
