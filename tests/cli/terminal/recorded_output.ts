/** An output that remembers what was written. */

import { OutputClosedError } from "../../../src/cli/errors.ts";
import { type Output, styleOf } from "../../../src/cli/terminal/output.ts";

/** Standard output and standard error of a test. */
export class RecordedOutput implements Output {
  readonly style = styleOf(false);
  /** Each write to standard output. */
  readonly pieces: string[] = [];
  /** Each line to standard error. */
  readonly lines: string[] = [];
  /** What was written when the reader last got time to show it. */
  settled = "";

  /**
   * @param room characters after which the reader closes the output.
   * @param hasColor whether results may be coloured.
   * @param isTerminal whether results go to a terminal.
   */
  constructor(
    readonly room = Infinity,
    readonly hasColor = false,
    readonly isTerminal = false,
  ) {}

  /** All of standard output. */
  get text(): string {
    return this.pieces.join("");
  }

  write(plain: string, paint = (text: string) => text): Promise<void> {
    const text = paint(plain);
    if (this.text.length + text.length > this.room) {
      return Promise.reject(new OutputClosedError("closed"));
    }
    this.pieces.push(text);
    return Promise.resolve();
  }

  settle(): Promise<void> {
    this.settled = this.text;
    return Promise.resolve();
  }

  say(line: string): void {
    this.lines.push(line);
  }
}
