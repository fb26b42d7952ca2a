import { TRAIN_HIDDEN_TRANSFER } from "./hidden_transfer.ts";
import { TRAIN_MEDUSA } from "./medusa.ts";
import type { TrainMethod } from "./method.ts";
import { TRAIN_PHRASES } from "./phrases/method.ts";

/** What can be trained. A new method is a line here. */
export const TRAIN_METHODS: readonly TrainMethod[] = [
  TRAIN_HIDDEN_TRANSFER,
  TRAIN_PHRASES,
  TRAIN_MEDUSA,
];
