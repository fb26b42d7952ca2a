import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { RESULT } from "../../src/ops/train/loss.ts";
import type { Trainee } from "../../src/train/trainee.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { randomTexts } from "./texts/random_texts.ts";

/** Results of four rows, the first of which learns nothing. */
const RESULTS = RESULT.pack(
  { loss: 99, rank: 0 },
  { loss: 1, rank: 0 },
  { loss: 2, rank: 4 },
  { loss: 6, rank: 5 },
);
const ROW_STEPS = [0, 1, 1, 1];

/** A trainee of one step whose every text has the same results; `rates` gets those that it learns with. */
function fakeTrainer(steps: number, rates: number[]): Trainer {
  const gpu = { readWords: () => Promise.resolve(RESULTS) } as unknown as Gpu;
  const trainee = {
    steps: 1,
    parameters: { write() {}, update: (rate: number) => rates.push(rate) },
    pass: {
      rows: { rowSteps: ROW_STEPS },
      text: { steps: { training: [] }, run: () => Promise.resolve() },
    },
    start: () => Promise.resolve([]),
  } as unknown as Trainee;
  const texts = (count: number) => randomTexts({ count, length: 4, vocabSize: 9, seed: 1 });
  const data = { texts: texts(2 * steps), held: texts(2) };
  return new Trainer(gpu, trainee, { learningRate: 0.02, batch: 2 }, data);
}

Deno.test("the learning rate rises for twenty steps and falls evenly to the end", async () => {
  const rates: number[] = [];
  await Array.fromAsync(fakeTrainer(50, rates).run());
  assertEquals(rates.length, 50);
  for (const [i, rate] of rates.entries()) {
    assertAlmostEquals(rate, 0.02 * Math.min((i + 1) / 20, 1 - i / 50), 1e-12, `step ${i + 1}`);
  }
});

Deno.test("what is held out is measured by its mean loss and by how often the best and the best five have the token", async () => {
  const [start] = await Array.fromAsync(fakeTrainer(1, []).run());
  assertEquals(start.held, { loss: [3], top1: [1 / 3], top5: [2 / 3] });
});
