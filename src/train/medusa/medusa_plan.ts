import { MedusaTrainee } from "./medusa_trainee.ts";
import type { PlanTraining, TrainOptions } from "../plan.ts";

/** Plans the training of Medusa's heads. */
export const planMedusa: PlanTraining<TrainOptions> = (options) => {
  const { steps: heads, loss, learningRate = 0.003, batch, sequenceLength } = options;
  const settings = { heads, loss, learningRate, batch, sequenceLength };
  return {
    settings,
    schedule: settings,
    create: (model) => Promise.resolve(new MedusaTrainee(model, settings)),
  };
};
