import type { ProgressView } from "../../../src/cli/progress/progress.ts";

/** A view whose clock is set by hand, with all that was drawn. */
export class RecordedView implements ProgressView {
  readonly drawn: string[] = [];
  /** Milliseconds. */
  time = 0;

  constructor(readonly columns: number | null = 100) {}

  now = () => this.time;
  draw = (text: string) => void this.drawn.push(text);
}
