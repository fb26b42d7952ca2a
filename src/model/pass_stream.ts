import type { NormedAddition, StreamRows } from "../ops/residual_stream.ts";

/** What reads the residual stream after an addition. */
export interface NextPart {
  /** Weight of the norm that it goes through. */
  norm: GPUBuffer;
  /** Whether it can add by itself what comes through a norm. */
  adds: boolean;
}

/** What is added to the stream, wherever that stands. */
type Addition = Omit<NormedAddition, "stream">;

/**
 * The residual stream of a pass through layers: where its rows stand, and what is yet to be added to them by
 * whoever reads them next.
 */
export class PassStream {
  readonly #end: number;
  readonly #spare: number;
  #row: number;
  #left: Addition | undefined;

  /**
   * From the row of `hidden` where the pass begins to that where it ends; `spare` is a row where nothing
   * else stands.
   */
  constructor({ from, to }: StreamRows, spare: number) {
    this.#row = from;
    this.#end = to;
    this.#spare = spare;
  }

  /** The row where the stream stands. */
  get row(): number {
    return this.#row;
  }

  /** Moves it to where the pass ends. */
  moveToEnd(): StreamRows {
    return this.#move(this.#end);
  }

  /** Leaves an addition to the next reader. */
  leave(addition: Addition): void {
    this.#left = addition;
  }

  /**
   * The addition that was left, if any. It moves the stream away from where it stands, since others read
   * that meanwhile.
   */
  take(): NormedAddition | undefined {
    const addition = this.#left;
    if (!addition) return undefined;
    this.#left = undefined;
    return { ...addition, stream: this.#move(this.#row === this.#end ? this.#spare : this.#end) };
  }

  #move(to: number): StreamRows {
    const from = this.#row;
    this.#row = to;
    return { from, to };
  }
}
