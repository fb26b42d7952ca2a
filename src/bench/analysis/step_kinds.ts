import type { Work } from "../../train/work.ts";
import { createDecoder } from "../../decode/decoder.ts";
import type { DraftAssets } from "../../draft/assets.ts";
import { createMethod, type RegisteredMethod } from "../../draft/method.ts";
import { PLAIN } from "../../draft/registry.ts";
import type { Dispatch } from "../../gpu/kernel.ts";
import type { Transformer } from "../../model/transformer.ts";
import { isOf } from "../../ops/families.ts";
import { type MeasuredStep, type StepPart, timeStepParts } from "../compare/step_parts.ts";
import { ALL, figuresByCategory } from "../runs/figures.ts";
import { type EncodedPrompt, runPaired } from "../runs/paired_runs.ts";
import { untilAborted } from "../runs/until_aborted.ts";

/** Where the time of a method's step goes, and what that lets expect. */
export interface StepKinds {
  method: string;
  nodes: number;
  /** Seconds of each kind of work in a step, see {@linkcode STEP_KINDS}. */
  seconds: Record<string, number>;
  tokensPerForward: number;
  /** If a pass over a tree took as long as one over a row, and drafting no time at all. */
  speedUpIfFree: number;
  /** From the seconds of the step's parts and those of plain decoding's step, measured in turns. */
  expectedSpeedUp: number;
  /** Of whole decodings beside plain ones. */
  measuredSpeedUp: number;
}

/** The kinds of work in a step, in order. */
export const STEP_KINDS = [
  "verifying: matrix products",
  "verifying: attention",
  "verifying: head and embedding",
  "drafting: passes",
  "drafting: candidates and tree",
] as const;

/** Splits the dispatches of a step by what they do. */
export function kindsOf(
  { embedding, layers, head, drafting, plain }: MeasuredStep,
): StepPart[] {
  const isProduct = (one: Dispatch) => isOf(one, "product", "norm");
  const isAttention = (one: Dispatch) => isOf(one, "attention");
  const isPass = (one: Dispatch) => isProduct(one) || isAttention(one);
  const groups: Record<(typeof STEP_KINDS)[number], readonly Dispatch[]> = {
    "verifying: matrix products": layers.filter(isProduct),
    "verifying: attention": layers.filter(isAttention),
    "verifying: head and embedding": [
      ...embedding,
      ...layers.filter((one) => !isPass(one)),
      ...head,
    ],
    "drafting: passes": drafting.filter(isPass),
    "drafting: candidates and tree": drafting.filter((one) => !isPass(one)),
  };
  const kinds = Object.entries(groups).map(([name, dispatches]) => ({ name, dispatches }));
  return [{ name: PLAIN.name, dispatches: plain }, ...kinds];
}

/** A method to take apart, with what it needs. */
export interface DissectedMethod {
  registered: RegisteredMethod;
  assets: DraftAssets;
  nodes: number;
}

/**
 * Takes the steps of each method apart, and measures what it gains on the same prompts. The methods that
 * are done when the signal is aborted are the result.
 */
export async function measureStepKinds(
  model: Transformer,
  methods: readonly DissectedMethod[],
  prompts: readonly EncodedPrompt[],
  maxTokens: number,
  { signal, onMethod }: Pick<Work, "signal"> & { onMethod?: (done: number) => void } = {},
): Promise<StepKinds[]> {
  const found: StepKinds[] = [];
  for (const [i, method] of methods.entries()) {
    const work = { maxTokens, signal };
    const kinds = await untilAborted(signal, () => measureMethod(model, method, prompts, work));
    if (kinds === undefined) break;
    if (kinds) found.push(kinds);
    onMethod?.(i + 1);
  }
  return found;
}

/** Null if the method's ids are not those of plain decoding. */
async function measureMethod(
  model: Transformer,
  { registered, assets, nodes }: DissectedMethod,
  prompts: readonly EncodedPrompt[],
  { maxTokens, signal }: { maxTokens: number; signal: AbortSignal | undefined },
): Promise<StepKinds | null> {
  const { name } = registered;
  const method = await createMethod(registered, model, assets, { nodes });
  const ids = prompts.map((prompt) => prompt.ids);
  const { [PLAIN.name]: plainSeconds, ...seconds } = Object.fromEntries(
    await timeStepParts(model, method, ids, kindsOf, { signal }),
  );
  const whole = Object.values(seconds).reduce((sum, one) => sum + one, 0);
  using plain = createDecoder(model);
  using decoder = createDecoder(model, {}, method);
  const decoders = [
    { name: PLAIN.name, decoder: plain },
    ...(name === PLAIN.name ? [] : [{ name, decoder }]),
  ];
  const { runs, differences, isWhole } = await runPaired(decoders, prompts, {
    gpu: model.gpu,
    maxTokens,
    rounds: 1,
    signal,
  });
  if (!isWhole) signal?.throwIfAborted();
  if (differences.has(name)) return null;
  const { tokensPerForward, speedUp } = figuresByCategory(runs, name, 0)[ALL];
  return {
    method: name,
    nodes: method.sizes(model).nodes,
    seconds,
    tokensPerForward,
    speedUpIfFree: tokensPerForward,
    expectedSpeedUp: tokensPerForward * plainSeconds / whole,
    measuredSpeedUp: speedUp.median,
  };
}
