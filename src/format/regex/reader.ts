/** Deepest nesting of groups, brackets and quantifiers. */
const DEPTH_LIMIT = 100;

/** A pattern and the place that has been read up to. */
export class PatternReader {
  readonly source: string;
  /** UTF-16 units that are read. */
  at = 0;
  #depth = 0;

  constructor(source: string) {
    this.source = source;
  }

  get isAtEnd(): boolean {
    return this.at >= this.source.length;
  }

  /** The unit so many places from here; nothing behind the end. */
  peek(ahead = 0): string {
    return this.source[this.at + ahead] ?? "";
  }

  /**
   * Counts what nests: groups, brackets, quantifiers of quantifiers.
   * @throws {Error} when there are too many `parts` inside one another.
   */
  enter(parts: string): void {
    if (++this.#depth > DEPTH_LIMIT) throw this.fault(`too many ${parts}`);
  }

  /** The end of what was entered last. */
  leave(): void {
    this.#depth--;
  }

  /** The code point that stands here, taken. */
  take(): number {
    const codePoint = this.source.codePointAt(this.at)!;
    this.at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  /** Whether the character stands here; it is taken then. */
  takes(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  /** What a sticky expression finds here, taken. */
  match(expression: RegExp): string | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source)?.[0] ?? null;
    if (found !== null) this.at += found.length;
    return found;
  }

  /** The fault that the pattern has. */
  fault(what: string): Error {
    return new Error(`the pattern ${this.source.slice(0, 60)} has ${what}`);
  }
}
