import { assertEquals } from "@std/assert";
import { ProcessorClock } from "../../src/gpu/processor_clock.ts";

/** A processor that takes so many seconds for the work of each submit, which runs as on such a device. */
class FakeProcessor {
  used = 0;
  readonly clock = new ProcessorClock(() => this.used);
  #running = 0;

  /** Waits for the work before. */
  submit(seconds: number): void {
    this.clock.submit(() => {
      this.#run();
      this.#running = seconds;
    });
  }

  /** Waits for all work. */
  took(): number | null {
    this.#run();
    return this.clock.took();
  }

  #run(): void {
    this.used += this.#running;
    this.#running = 0;
  }
}

Deno.test("each submit's time is told, whether others are made before it is taken or not", () => {
  const processor = new FakeProcessor();
  processor.submit(3);
  processor.submit(5);
  assertEquals(processor.took(), 3);
  processor.submit(7);
  assertEquals(processor.took(), 5);
  assertEquals(processor.took(), 7);
});

Deno.test("what the host does while nothing runs is no time of a submit", () => {
  const processor = new FakeProcessor();
  processor.submit(3);
  assertEquals(processor.took(), 3);
  processor.used += 10;
  processor.submit(4);
  assertEquals(processor.took(), 4);
});

Deno.test("what was not taken of a text is no time of the next one's", () => {
  const processor = new FakeProcessor();
  processor.submit(3);
  processor.submit(5);
  assertEquals(processor.took(), 3);
  processor.clock.begin();
  processor.submit(7);
  assertEquals(processor.took(), 7);
  assertEquals(processor.took(), null);
});
