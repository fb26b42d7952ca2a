/** Text on a terminal whose lines break between words. */

import type { Output } from "./output.ts";
import { graphemes, graphemeWidth } from "./text_width.ts";

/** Puts terminal codes around a text. */
type Paint = ((text: string) => string) | undefined;

interface Piece {
  text: string;
  paint: Paint;
}

const TAB_WIDTH = 8;

/**
 * An output that breaks lines between words, or anywhere beside wide characters, and within a word only
 * where it is wider than the terminal. A word is held back until it has ended. Lines stay one column short
 * of the terminal, whose width may change at any time.
 */
export class WordWrap implements Output {
  readonly #output: Output;
  readonly #columns: () => number;
  #column = 0;
  #spaces: Piece[] = [];
  #word: Piece[] = [];
  #wordWidth = 0;
  /** Whether the held word ends with a wide character, after which a line may break. */
  #endsWide = false;
  #ready: Piece[] = [];

  /** @param columns how wide the terminal is now. */
  constructor(output: Output, columns: () => number) {
    this.#output = output;
    this.#columns = columns;
  }

  get isTerminal(): boolean {
    return this.#output.isTerminal;
  }

  get hasColor(): boolean {
    return this.#output.hasColor;
  }

  get style(): Output["style"] {
    return this.#output.style;
  }

  settle(): Promise<void> {
    return this.#output.settle();
  }

  say(line: string): void {
    this.#output.say(line);
  }

  async write(text: string, paint?: (text: string) => string): Promise<void> {
    for (const grapheme of graphemes(text)) this.#take(grapheme, paint);
    await this.#send();
  }

  /** Writes the word that is held back. */
  async flush(): Promise<void> {
    this.#endWord();
    this.#endSpaces();
    await this.#send();
  }

  #take(text: string, paint: Paint): void {
    if (text === "\n" || text === "\r\n") {
      this.#endWord();
      this.#endSpaces();
      this.#breakLine();
    } else if (text === " " || text === "\t") {
      this.#endWord();
      this.#spaces.push({ text, paint });
    } else {
      this.#add(this.#joined(text) ?? { text, paint });
    }
  }

  /**
   * The character that was taken last, taken out of the word, with what goes on with it, as a mark or the next of a
   * family does; null if it does not.
   */
  #joined(text: string): Piece | null {
    const last = this.#word.at(-1);
    if (last === undefined || graphemes(last.text + text).length > 1) return null;
    this.#word.pop();
    this.#wordWidth -= graphemeWidth(last.text);
    this.#endsWide = false; // A wide one stood alone.
    return { text: last.text + text, paint: last.paint };
  }

  /** Puts a character into the word, which ends before and after one that is wide. */
  #add(piece: Piece): void {
    const width = graphemeWidth(piece.text);
    if (width > 1 || this.#endsWide) this.#endWord();
    this.#endsWide = width > 1;
    this.#word.push(piece);
    this.#wordWidth += width;
  }

  /** The widest line. */
  get #limit(): number {
    return Math.max(1, this.#columns() - 1);
  }

  #endWord(): void {
    if (this.#word.length === 0) return;
    // A terminal that has become narrower has broken the line by itself.
    if (this.#column > this.#limit) this.#column %= this.#limit + 1;
    const column = this.#spaces.reduce(columnAfter, this.#column);
    if (this.#column > 0 && column + this.#wordWidth > this.#limit) {
      this.#spaces = [];
      this.#breakLine();
    }
    this.#endSpaces();
    for (const piece of this.#word) {
      const width = graphemeWidth(piece.text);
      if (this.#column > 0 && this.#column + width > this.#limit) this.#breakLine();
      this.#column += width;
      this.#ready.push(piece);
    }
    this.#word = [];
    this.#wordWidth = 0;
    this.#endsWide = false;
  }

  /** Writes the spaces that still have room. */
  #endSpaces(): void {
    for (const piece of this.#spaces) {
      const column = columnAfter(this.#column, piece);
      if (column > this.#limit) break;
      this.#column = column;
      this.#ready.push(piece);
    }
    this.#spaces = [];
  }

  #breakLine(): void {
    this.#ready.push({ text: "\n", paint: undefined });
    this.#column = 0;
  }

  /** Writes what is ready, neighbours of one colour together. */
  async #send(): Promise<void> {
    const pieces = this.#ready;
    this.#ready = [];
    for (let at = 0; at < pieces.length;) {
      const { paint } = pieces[at];
      let text = "";
      for (; at < pieces.length && pieces[at].paint === paint; at++) text += pieces[at].text;
      await this.#output.write(text, paint);
    }
  }
}

/** The column to which a space or a tab leads. */
function columnAfter(column: number, { text }: Piece): number {
  return text === "\t" ? column + TAB_WIDTH - column % TAB_WIDTH : column + 1;
}
