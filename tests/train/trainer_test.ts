import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { NoNumberError } from "../../src/decode/faults.ts";
import { DataError } from "../../src/format/errors.ts";
import type { Gpu } from "../../src/gpu/gpu.ts";
import { byteLengthOf } from "../../src/gpu/texels.ts";
import type { Transformer } from "../../src/model/transformer.ts";
import { MedusaTrainee } from "../../src/train/medusa/medusa_trainee.ts";
import type { Trainee } from "../../src/train/trainee.ts";
import { Trainer, type TrainingProgress } from "../../src/train/trainer.ts";
import { TransferTrainee } from "../../src/train/hidden_transfer/transfer_trainee.ts";
import { IS_SECOND_DRIVER, withGpu } from "../gpu/with_gpu.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { assertClose } from "./assert_close.ts";
import { randomTexts } from "./texts/random_texts.ts";

const CONFIG = tiny({ layerCount: 3 });
const LENGTH = 24;
const SCHEDULE = { learningRate: 0.02, batch: 2 };
const SHARED = { loss: "kl", batch: SCHEDULE.batch, sequenceLength: LENGTH } as const;
const TRANSFER = { ...SHARED, layers: [1, 1], tokenLayer: 1 } as const;

/** Trainees for a number of texts per step. */
const CREATED: Record<string, (model: Transformer, batch: number) => Trainee> = {
  "hidden transfer": (model, batch) =>
    new TransferTrainee(model, { ...TRANSFER, batch, start: "identity" }),
  "Medusa": (model, batch) => new MedusaTrainee(model, { ...SHARED, batch, heads: 2 }),
};

const TRAINEES: Record<string, (model: Transformer) => Trainee> = Object.fromEntries(
  Object.entries(CREATED).map(([name, create]) => [
    name,
    (model) => create(model, SCHEDULE.batch),
  ]),
);

/** Texts for so many steps, and some to measure on. */
function data(steps: number) {
  const options = { length: LENGTH, vocabSize: CONFIG.vocabSize };
  return {
    texts: randomTexts({ ...options, count: steps * SCHEDULE.batch, seed: 1 }),
    held: randomTexts({ ...options, count: 4, seed: 2 }),
  };
}

async function withModel(gpu: Gpu, use: (model: Transformer) => Promise<void>): Promise<void> {
  using random = await randomModel(gpu, CONFIG, ["F32"]);
  await use(random.model);
}

/** Runs to the end, or until `stopAfter` steps. */
async function run(trainer: Trainer, stopAfter = Infinity): Promise<TrainingProgress[]> {
  const controller = new AbortController();
  const points: TrainingProgress[] = [];
  for await (const point of trainer.run({ signal: controller.signal })) {
    points.push(point);
    if (point.step >= stopAfter) controller.abort();
  }
  return points;
}

for (const [name, create] of Object.entries(TRAINEES)) {
  withGpu(`${name}: a run that was stopped and resumed ends with the same bits`, async (gpu) => {
    await withModel(gpu, async (model) => {
      using whole = create(model);
      const wholeTrainer = new Trainer(gpu, whole, SCHEDULE, data(6));
      const wholePoints = await run(wholeTrainer);

      using first = create(model);
      const stopped = new Trainer(gpu, first, SCHEDULE, data(6));
      const firstPoints = await run(stopped, 2);
      using second = create(model);
      const resumed = new Trainer(gpu, second, SCHEDULE, data(6));
      resumed.resume(await stopped.state());
      const secondPoints = await run(resumed);

      assertEquals([...firstPoints, ...secondPoints], wholePoints);
      assertEquals(await resumed.state(), await wholeTrainer.state());
      assertEquals((await resumed.state()).step, 6);
      assertNotEquals((await resumed.state()).weights, (await stopped.state()).weights);
    });
  });

  // On the second driver this follows from the gradients and the optimizer, which are proved there.
  if (IS_SECOND_DRIVER) continue;
  withGpu(`${name}: training lowers the loss on texts that it has not seen`, async (gpu) => {
    await withModel(gpu, async (model) => {
      using trainee = create(model);
      const points = await run(new Trainer(gpu, trainee, SCHEDULE, data(60)));
      const [start, end] = [points[0].held!, points.at(-1)!.held!];
      assertEquals(points.map(({ step }) => step), Array.from({ length: 61 }, (_, i) => i));
      assertEquals(points.filter(({ held }) => held).map(({ step }) => step), [0, 50, 60]);
      start.loss.forEach((loss, i) =>
        assert(end.loss[i] < 0.95 * loss, `offset ${i + 1}: from ${loss} to ${end.loss[i]}`)
      );
      for (const accuracy of [...end.top1, ...end.top5]) assert(accuracy >= 0 && accuracy <= 1);
      end.top1.forEach((top1, i) => assert(top1 <= end.top5[i]));
    });
  });
}

withGpu(
  "a run that ends within a step goes on from the step before to the same bits",
  async (gpu) => {
    await withModel(gpu, async (model) => {
      const create = TRAINEES["hidden transfer"];
      using whole = create(model);
      const wholeTrainer = new Trainer(gpu, whole, SCHEDULE, data(4));
      await run(wholeTrainer);

      using first = create(model);
      const stopped = new Trainer(gpu, first, SCHEDULE, data(4));
      const abort = new AbortController();
      const stages = new Set<string>();
      const onProgress = (what: string, done: number) => {
        stages.add(what);
        // The second text of the third step.
        if (what === "training" && done === 2 * SCHEDULE.batch + 1) abort.abort();
      };
      const points = await Array.fromAsync(stopped.run({ signal: abort.signal, onProgress }));
      assertEquals(points.map(({ step }) => step), [0, 1, 2]);
      assert(stages.isSupersetOf(new Set(["measuring", "training"])), [...stages].join());

      using second = create(model);
      const resumed = new Trainer(gpu, second, SCHEDULE, data(4));
      resumed.resume(await stopped.state());
      await run(resumed);
      assertEquals(await resumed.state(), await wholeTrainer.state());
    });
  },
);

for (const [name, create] of Object.entries(CREATED)) {
  withGpu(`${name}: a batch has the mean of its texts' gradients`, async (gpu) => {
    await withModel(gpu, async (model) => {
      const texts = [await data(1).texts.text(0), await data(1).texts.text(1)];
      const gradientsOf = async (some: readonly Uint32Array[], batch: number) => {
        using trainee = create(model, batch);
        trainee.parameters.write({ weights: await trainee.start(data(1).texts) });
        for (const tokens of some) await trainee.pass.text.run(tokens, { withGradients: true });
        const read = trainee.parameters.gradients.map((buffer) => gpu.readFloats(buffer));
        return (await Promise.all(read)).flatMap((numbers) => [...numbers]);
      };
      const [first, second] = await Promise.all(texts.map((text) => gradientsOf([text], 1)));
      const mean = Float64Array.from(first, (gradient, i) => (gradient + second[i]) / 2);
      const together = Float32Array.from(await gradientsOf(texts, 2));
      assertClose(together, mean, { what: "gradient of a batch", terms: 2 * LENGTH });
    });
  });
}

withGpu("a run whose time is over ends as a whole one does", async (gpu) => {
  const { texts, held } = data(50);
  const slow = {
    count: texts.count,
    text: async (index: number) => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return await texts.text(index);
    },
  };
  await withModel(gpu, async (model) => {
    using trainee = TRAINEES["hidden transfer"](model);
    const schedule = { ...SCHEDULE, seconds: 0.04 };
    const trainer = new Trainer(gpu, trainee, schedule, { texts: slow, held });
    const points = await run(trainer);
    assertEquals(points.map(({ step, held }) => [step, held !== undefined]), [[0, true], [
      1,
      true,
    ]]);
    assert((await trainer.state()).seconds > 0.04);

    // The time before it was stopped counts.
    using second = TRAINEES["hidden transfer"](model);
    const resumed = new Trainer(gpu, second, { ...SCHEDULE, seconds: 1000 }, { texts: slow, held });
    resumed.resume({ ...await trainer.state(), seconds: 999.96 });
    assertEquals((await run(resumed)).map(({ step }) => step), [2]);
  });
});

withGpu("a run keeps to the memory that it began with", async (gpu) => {
  await withModel(gpu, async (model) => {
    for (const create of Object.values(TRAINEES)) {
      using trainee = create(model);
      const bytes = gpu.liveBytes;
      const trainer = new Trainer(gpu, trainee, SCHEDULE, data(3));
      for await (const { step } of trainer.run()) {
        assertEquals(gpu.liveBytes, bytes, `step ${step}`);
      }
    }
  });
});

withGpu("a run whose loss is no number ends with advice", async (gpu) => {
  await withModel(gpu, async (model) => {
    using trainee = new TransferTrainee(model, { ...TRANSFER, start: "identity" });
    const schedule = { ...SCHEDULE, learningRate: 1e30 };
    const trainer = new Trainer(gpu, trainee, schedule, data(40));
    const error = await assertRejects(() => run(trainer), DataError);
    assertMatch(error.message, /^step \d+: the loss is NaN; .*lower learning rate/);
  });
});

withGpu("a model that gives no numbers is told from the start, before a step", async (gpu) => {
  await withModel(gpu, async (model) => {
    const { weights } = model.weights.head.slices[0];
    gpu.write(weights, 0, new Float32Array(byteLengthOf(weights) / 4).fill(NaN));
    const { tokenLayer, ...shared } = TRANSFER;
    for (const start of ["identity", "ridge"] as const) {
      using trainee = new TransferTrainee(model, { ...shared, tokenLayer, start });
      await assertRejects(() => run(new Trainer(gpu, trainee, SCHEDULE, data(3))), NoNumberError);
    }
  });
});

withGpu("the model's own weights stay as they are", async (gpu) => {
  await withModel(gpu, async (model) => {
    const read = () =>
      Promise.all(model.matrices().map(({ slices }) => gpu.readFloats(slices[0].weights)));
    const before = await read();
    for (const create of Object.values(TRAINEES)) {
      using trainee = create(model);
      await run(new Trainer(gpu, trainee, SCHEDULE, data(3)));
    }
    assertEquals(await read(), before);
  });
});

withGpu("regression is a better start than the identity", async (gpu) => {
  await withModel(gpu, async (model) => {
    const lossFrom = async (start: "ridge" | "identity") => {
      using trainee = new TransferTrainee(model, { ...TRANSFER, start });
      const [point] = await run(new Trainer(gpu, trainee, SCHEDULE, data(60)), 0);
      return point.loss;
    };
    const [ridge, identity] = [await lossFrom("ridge"), await lossFrom("identity")];
    assert(ridge < 0.9 * identity, `${ridge} from regression, ${identity} from the identity`);
  });
});

withGpu("a run that is stopped before there is a start reports nothing", async (gpu) => {
  await withModel(gpu, async (model) => {
    using trainee = new TransferTrainee(model, { ...TRANSFER, start: "ridge" });
    const points = [];
    const trainer = new Trainer(gpu, trainee, SCHEDULE, data(6));
    for await (const point of trainer.run({ signal: AbortSignal.abort() })) points.push(point);
    assertEquals(points, []);
    assertEquals((await trainer.state()).step, 0);
  });
});
