/** `foretoken train medusa` */

import { MEDUSA } from "../../draft/medusa/medusa.ts";
import { MEDUSA_HEADS_KIND } from "../../format/trained/medusa_heads.ts";
import { TRAIN_FLAGS, trainOptions } from "./flags.ts";
import { type TrainMethod, trainMethod } from "./method.ts";

/** Training of Medusa's heads. */
export const TRAIN_MEDUSA: TrainMethod = trainMethod(
  MEDUSA.name,
  MEDUSA_HEADS_KIND,
  TRAIN_FLAGS,
  async (flags, config) => {
    const { planMedusa } = await import("../../train/medusa/medusa_plan.ts");
    return planMedusa(trainOptions(flags), config);
  },
);
