import type { Command } from "../../gpu/commands.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { PacedQueue } from "../../gpu/queues/paced_queue.ts";
import { profileOf } from "../../ops/profiles.ts";
import type { PassOptions } from "../trainee.ts";

/** Takes the tokens of a text before it runs. */
export interface TextInput {
  write(tokens: ArrayLike<number>): void;
}

/** What a text queues, in order. */
export interface TextSteps {
  /** On its way to the loss. */
  forward: readonly Command[];
  /** The same and the way back. */
  training: readonly Command[];
}

/** Runs the steps of a pass, one text after the other. */
export class TextRun {
  readonly steps: TextSteps;
  readonly #inputs: readonly TextInput[];
  readonly #queue: PacedQueue;

  constructor(gpu: Gpu, inputs: readonly TextInput[], steps: TextSteps) {
    this.steps = steps;
    this.#inputs = inputs;
    this.#queue = new PacedQueue(gpu, profileOf(gpu));
  }

  /** See `LossPass.run`. */
  async run(
    tokens: ArrayLike<number>,
    { withGradients, follows, signal }: PassOptions,
  ): Promise<void> {
    for (const input of this.#inputs) input.write(tokens);
    if (!follows) this.#queue.begin();
    const { forward, training } = this.steps;
    await this.#queue.submit(withGradients ? training : forward, { signal });
    signal?.throwIfAborted();
  }
}
