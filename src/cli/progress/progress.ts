/** What is shown of work that takes long. */

import { secondsText } from "../quantities.ts";
import { sayRaw, takesControls } from "../terminal/output.ts";
import { terminalSize } from "../terminal/terminal_size.ts";
import { WorkSpeed } from "./work_speed.ts";

/** Work that is done before these milliseconds are over is not worth a word. */
const QUIET = { bar: 300, line: 1000 };
/** Milliseconds from one showing to the next. */
const PAUSE = { bar: 100, line: 10_000 };
/** The very beginning, in which kernels are compiled, tells nothing of the time that is left. */
const TELLING_SHARE = 1 / 200;
const BAR_WIDTH = 24;
/** Shorter bars show nothing. */
const FEWEST_CELLS = 5;
/** With fewer characters nobody knows what is being done. */
const SHORTEST_LABEL = 8;

/** Whether progress is shown at all. */
let isShown = true;

/** Shows the progress of all that follows, or leaves it out, as `--quiet` wants it. */
export function showProgress(wanted: boolean): void {
  isShown = wanted;
}

/** Where progress is shown. */
export interface ProgressView {
  /** Width of a terminal, whose line is drawn over; null where lines follow each other. */
  readonly columns: number | null;
  /** Milliseconds since some moment. */
  now(): number;
  /** Writes text as it is. */
  draw(text: string): void;
}

/** How far work is, in a unit of its own. */
export interface Advance {
  done: number;
  /** Undefined where nobody knows. */
  total?: number | undefined;
  /** What was done since the work began, if some of it was there before: it tells the speed. */
  fresh?: number;
  /** Part of the time that it takes, from 0 to 1, where that is not the part that is done. */
  part?: number | undefined;
}

/** Facts to be told beside the share that is done; the speed is 0 while it is not known. */
export type DescribeAdvance = (advance: Advance, perSecond: number) => readonly string[];

/**
 * Progress of one piece of work on standard error, with the time left: a bar on a terminal, which is
 * wiped at the end, and elsewhere a line now and then. Work of less than a moment shows nothing.
 */
export class Progress implements Disposable {
  readonly #label: string;
  readonly #describe: DescribeAdvance;
  readonly #view: ProgressView;
  readonly #speed = new WorkSpeed();
  #due: number;
  #isDrawn = false;

  /** @param label names the work. */
  constructor(
    label: string,
    describe: DescribeAdvance = () => [],
    view: ProgressView = standardError(),
  ) {
    this.#label = label;
    this.#describe = describe;
    this.#view = view;
    const now = view.now();
    this.#due = now + this.#pauseOf(QUIET);
    this.#speed.sample(0, now);
  }

  /**
   * Names the work on a terminal at once: for work that may be silent for long before its first update. How
   * long it was tells nothing of the time that is left.
   */
  begin(): void {
    this.#speed.reset();
    const { columns, draw } = this.#view;
    if (columns === null || !isShown) return;
    draw(`\r${this.#label.slice(0, columns - 1)}\x1b[K`);
    this.#isDrawn = true;
  }

  /** Call it as often as you like. */
  update(advance: Advance): void {
    const time = this.#view.now();
    this.#speed.sample(workOf(advance).fresh, time);
    if (time < this.#due || !isShown) return;
    this.#due = time + this.#pauseOf(PAUSE);
    this.#show(advance);
  }

  /** {@linkcode update} for work that tells how much of how much is done, and perhaps the part of its time. */
  readonly onProgress = (done: number, total: number, part?: number): void =>
    this.update({ done, total, part });

  /** Says a line without breaking the one that is drawn over. */
  say(line: string): void {
    this.wipe();
    this.#view.draw(`${line}\n`);
  }

  /** Takes the bar away; the next update draws it again. */
  wipe(): void {
    if (this.#isDrawn) this.#view.draw("\r\x1b[K");
    this.#isDrawn = false;
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  #show(advance: Advance): void {
    const { columns, draw } = this.#view;
    const { done, total } = advance;
    const share = total === undefined ? null : Math.min(1, done / Math.max(1, total));
    const facts = this.#factsOf(advance);
    if (columns === null) {
      const parts = [...share === null ? [] : [percentText(share)], ...facts];
      draw(`${this.#label}: ${parts.join(", ")}\n`);
      return;
    }
    const percent = share === null ? "" : `${percentText(share).padStart(5)}  `;
    const told = `${percent}${facts.join(", ")}`.trimEnd();
    // A line that is too long gives up the bar, then the end of what the work is called.
    const room = columns - 2 - told.length;
    const label = shortened(this.#label, Math.max(SHORTEST_LABEL, room));
    const bar = share === null ? "" : barText(share, Math.min(BAR_WIDTH, room - label.length - 2));
    draw(`\r${`${label} ${bar}${told}`.slice(0, columns - 1)}\x1b[K`);
    this.#isDrawn = true;
  }

  #factsOf(advance: Advance): string[] {
    const { perSecond } = this.#speed;
    const facts = [...this.#describe(advance, perSecond)];
    const { fresh, left } = workOf(advance);
    const isTelling = fresh >= TELLING_SHARE * (advance.total ?? 0) && perSecond > 0;
    if (isTelling && left > 0) facts.push(`${secondsText(left / perSecond)} left`);
    return facts;
  }

  #pauseOf(milliseconds: { bar: number; line: number }): number {
    return this.#view.columns === null ? milliseconds.line : milliseconds.bar;
  }
}

/** What was done, and what is left to do, in a unit of which each takes as long as the others. */
function workOf({ done, total = 0, fresh = done, part }: Advance): { fresh: number; left: number } {
  return part === undefined
    ? { fresh, left: total - done }
    : { fresh: part * total, left: (1 - part) * total };
}

/** The text, or as much of its beginning as has room before a sign that something is missing. */
function shortened(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1).trimEnd()}…`;
}

/** A bar of so many cells, or nothing where there is no room for one. */
function barText(share: number, cells: number): string {
  if (cells < FEWEST_CELLS) return "";
  const filled = Math.round(share * cells);
  return `[${"#".repeat(filled)}${".".repeat(cells - filled)}]`;
}

function percentText(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

function standardError(): ProgressView {
  return {
    columns: takesControls(Deno.stderr.isTerminal()) ? terminalSize().columns : null,
    now: () => performance.now(),
    draw: sayRaw,
  };
}
