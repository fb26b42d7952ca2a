import { assertEquals, assertThrows } from "@std/assert";
import { InterruptScope } from "../../../src/cli/terminal/interrupts.ts";

/** Stands for the end of the program. */
class Exit extends Error {
  constructor(readonly code: number | undefined) {
    super(`exit ${code}`);
  }
}

/** Hands signals to their listeners at times that a test gives, and throws where the program would end. */
class FakeSignals implements Disposable {
  readonly #listeners = new Map<() => void, Deno.Signal>();
  readonly #before = {
    addSignalListener: Deno.addSignalListener,
    removeSignalListener: Deno.removeSignalListener,
    exit: Deno.exit,
  };
  readonly #now = performance.now;

  constructor() {
    Object.assign(Deno, {
      addSignalListener: (signal: Deno.Signal, listener: () => void) =>
        this.#listeners.set(listener, signal),
      removeSignalListener: (_: Deno.Signal, listener: () => void) =>
        this.#listeners.delete(listener),
      exit: (code?: number) => {
        throw new Exit(code);
      },
    });
  }

  /** Signals that somebody listens to. */
  get heard(): Deno.Signal[] {
    return [...this.#listeners.values()];
  }

  send(signal: Deno.Signal, milliseconds: number): void {
    performance.now = () => milliseconds;
    for (const [listener, heard] of this.#listeners) if (heard === signal) listener();
  }

  [Symbol.dispose](): void {
    Object.assign(Deno, this.#before);
    performance.now = this.#now;
  }
}

function assertEnds(code: number, send: () => void): void {
  assertEquals(assertThrows(send, Exit).code, code);
}

Deno.test("the first signal aborts and says how to exit, a second one ends at once", () => {
  using signals = new FakeSignals();
  const codes: [Deno.Signal, number][] = [["SIGINT", 130], ["SIGTERM", 143]];
  for (const [signal, code] of codes) {
    using interrupt = new InterruptScope();
    assertEquals([interrupt.isInterrupted, interrupt.isTerminated], [false, false]);
    signals.send(signal, 500);
    assertEquals([interrupt.signal.aborted, interrupt.exitCode], [true, code]);
    assertEquals(interrupt.isTerminated, signal === "SIGTERM");
    assertEnds(130, () => signals.send("SIGINT", 501));
    assertEnds(143, () => signals.send("SIGTERM", 1500));
  }
});

Deno.test("SIGTERM that goes to a program and to its group is one", () => {
  using signals = new FakeSignals();
  using interrupt = new InterruptScope();
  for (const milliseconds of [500, 503, 1499]) signals.send("SIGTERM", milliseconds);
  assertEquals(interrupt.exitCode, 143);
  assertEnds(143, () => signals.send("SIGTERM", 1500));
});

Deno.test("a scope listens when it is told to, until it is left", () => {
  using signals = new FakeSignals();
  {
    using interrupt = new InterruptScope({ listens: false });
    assertEquals(signals.heard, []);
    interrupt.listen();
    interrupt.listen();
    assertEquals(signals.heard, ["SIGINT", "SIGTERM"]);
  }
  assertEquals(signals.heard, []);
});

Deno.test("what is only left out after Ctrl-C ends the program after SIGTERM", () => {
  using signals = new FakeSignals();
  using interrupt = new InterruptScope();
  interrupt.leaveIfTerminated();
  signals.send("SIGTERM", 0);
  assertEnds(143, () => interrupt.leaveIfTerminated());
});
