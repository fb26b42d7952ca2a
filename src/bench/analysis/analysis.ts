import type { Accuracy } from "./accuracy.ts";
import type { RowTimes } from "../timing/row_times.ts";
import type { Similarity } from "./similarity.ts";
import type { StepKinds } from "./step_kinds.ts";

/** How often the first candidate of a step is right when all pseudo states enter at a layer. */
export interface LayerAccuracy {
  layer: number;
  /** i = 1 … k */
  step: number;
  /** Maps by regression in closed form, or the model's own trained ones. */
  maps: "regression" | "trained";
  top1: number;
}

/** A step's accuracy with and without attention to the pseudo states of earlier steps. */
export interface Ablation {
  step: number;
  sees: "earlier" | "itself";
  top1: number;
  top5: number;
}

/** What the experiments found; those that did not run are left out. */
export interface Analysis {
  rowTimes?: RowTimes;
  accuracy?: Accuracy[];
  similarity?: Similarity[];
  byLayer?: LayerAccuracy[];
  ablation?: Ablation[];
  steps?: StepKinds[];
  /** Why experiments that were asked for could not run. */
  leftOut: string[];
  /**
   * Numbers of the experiments that have not seen all that they were to see, and of those that found
   * nothing, because the analysis was stopped; null if it ran to its end.
   */
  stopped: { unfinished: number[]; missing: number[] } | null;
}
