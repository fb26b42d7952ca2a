import {
  MEDUSA_HEADS_FILE,
  type MedusaHead,
  writeMedusaHeads,
} from "../../format/trained/medusa_heads.ts";
import { MedusaTrainee } from "./medusa_trainee.ts";
import type { PlanTraining, TrainOptions } from "../plan.ts";

/** Plans the training of Medusa's heads. */
export const planMedusa: PlanTraining<TrainOptions> = (options, { hiddenSize, vocabSize }) => {
  const { steps: heads, loss, learningRate = 0.003, batch, sequenceLength } = options;
  const settings = { heads, loss, learningRate, batch, sequenceLength };
  return {
    file: MEDUSA_HEADS_FILE,
    settings,
    schedule: settings,
    create: (model) => new MedusaTrainee(model, settings),
    write: (path, _model, [inner, biases, ...outputs], about) => {
      const heads = outputs.map((output, i): MedusaHead => ({
        inner: inner.subarray(i * hiddenSize ** 2, (i + 1) * hiddenSize ** 2),
        bias: biases.subarray(i * hiddenSize, (i + 1) * hiddenSize),
        output: output.subarray(0, vocabSize * hiddenSize),
      }));
      return writeMedusaHeads(path, { heads, ...about });
    },
  };
};
