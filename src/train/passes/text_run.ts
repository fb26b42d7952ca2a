import type { Command } from "../../gpu/commands.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { PacedQueue } from "../../gpu/queues/paced_queue.ts";
import { profileOf } from "../../ops/profiles.ts";
import type { Work } from "../work.ts";

/** Takes the tokens of a text before it runs. */
export interface TextInput {
  write(tokens: ArrayLike<number>): void;
}

/** How a text is run. */
export interface PassOptions extends Pick<Work, "signal"> {
  /** Whether to go back as well. */
  withGradients: boolean;
  /** Whether the text before was queued just now, so that the device need not be done with it. */
  follows?: boolean;
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

  /**
   * Queues the loss of a text, and adds its share of the gradients.
   *
   * @throws the signal's reason if it is aborted: then a part of the text has been run.
   */
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
