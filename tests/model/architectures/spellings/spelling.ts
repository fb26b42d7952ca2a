import type { ModelPlan } from "../../../../src/model/config.ts";

/** Fields before and after version 5 of transformers that mean the same, and what they mean. */
export interface Spelling {
  architecture: string;
  before: object;
  after: object;
  plan: ModelPlan;
}
