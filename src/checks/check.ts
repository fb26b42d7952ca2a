import type { Gpu } from "../gpu/gpu.ts";

/** What a check found. */
export interface CheckResult {
  passed: boolean;
  /** One line: what was compared, with the worst error by its tolerance, or the first difference. */
  detail: string;
}

/** A property of a kernel that can be checked on any device. */
export interface KernelCheck {
  /** What the check proves. */
  name: string;
  run(gpu: Gpu): Promise<CheckResult>;
}

/** A check whose body reports what it compares to `findings`. */
export function check(
  name: string,
  body: (gpu: Gpu, findings: Findings) => Promise<void>,
): KernelCheck {
  return {
    name,
    async run(gpu) {
      const findings = new Findings();
      await body(gpu, findings);
      return findings.result();
    },
  };
}

/** Gathers comparisons. A check that compared nothing has not passed. */
export class Findings {
  #values = 0;
  #equalWords = 0;
  #worst = 0;
  #failures = 0;
  #firstFailure = "";
  #notes: string[] = [];

  /** Values that may differ by the tolerance, one for all or one each. NaN never passes. */
  close(
    label: string,
    found: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: ArrayLike<number> | number,
  ): void {
    if (found.length !== expected.length) {
      this.#fail(`${label}: ${found.length} values, expected ${expected.length}`);
      return;
    }
    for (let i = 0; i < expected.length; i++) {
      const room = typeof tolerance === "number" ? tolerance : tolerance[i];
      const error = Math.abs(found[i] - expected[i]);
      const fraction = error === 0 ? 0 : error / room;
      if (fraction > this.#worst) this.#worst = fraction;
      if (!(fraction <= 1)) {
        this.#fail(`${label}: value ${i} is ${found[i]}, expected ${expected[i]} ± ${room}`);
      }
    }
    this.#values += expected.length;
  }

  /** Words that must be the same. */
  equal(label: string, found: ArrayLike<number>, expected: ArrayLike<number>): void {
    if (found.length !== expected.length) {
      this.#fail(`${label}: ${found.length} words, expected ${expected.length}`);
      return;
    }
    for (let i = 0; i < expected.length; i++) {
      if (found[i] !== expected[i]) {
        this.#fail(`${label}: word ${i} is ${hex(found[i])}, expected ${hex(expected[i])}`);
      }
    }
    this.#equalWords += expected.length;
  }

  /** A claim that holds or not. */
  claim(holds: boolean, failure: string): void {
    this.#equalWords++;
    if (!holds) this.#fail(failure);
  }

  /** Something to report that is no failure. */
  note(text: string): void {
    this.#notes.push(text);
  }

  /** The outcome, with a line that sums it up. */
  result(): CheckResult {
    if (this.#failures > 0) {
      const others = this.#failures > 1 ? ` (and ${this.#failures - 1} more)` : "";
      return { passed: false, detail: this.#firstFailure + others };
    }
    const parts: string[] = [];
    if (this.#values > 0) {
      parts.push(`${this.#values} values, worst error ${this.#worst.toFixed(3)} of its tolerance`);
    }
    if (this.#equalWords > 0) parts.push(`${this.#equalWords} equal bit for bit`);
    const passed = parts.length > 0;
    return { passed, detail: passed ? [...parts, ...this.#notes].join(", ") : "compared nothing" };
  }

  #fail(message: string): void {
    if (this.#failures++ === 0) this.#firstFailure = message;
  }
}

function hex(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, "0")}`;
}
