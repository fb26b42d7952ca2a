import type { Work } from "../../train/work.ts";
import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import { autoregressive } from "../../draft/autoregressive.ts";
import type { LoadedMethod } from "../../draft/method.ts";
import { PLAIN } from "../../draft/registry.ts";
import type { Transformer } from "../../model/transformer.ts";
import { evenly } from "../runs/evenly.ts";
import { type PairFigures, pairFigures } from "../runs/pair_figures.ts";
import { type Difference, differenceText, type Run, runPaired } from "../runs/paired_runs.ts";
import { plainSeconds } from "../runs/plain_seconds.ts";
import { untilAborted } from "../runs/until_aborted.ts";
import { median } from "../timing/statistics.ts";
import { type ChoiceOptions, type DraftingChoice, draftingChoices } from "./choices.ts";
import { draftingText } from "./drafting_text.ts";

/** What choices are tried on. Aborted trials give what was tried until then. */
export interface TrialOptions extends Work {
  /** Ids of the prompts that are timed. */
  prompts: readonly (readonly number[])[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  decoder?: DecoderOptions;
  /** Hears before the first trial how much there is to do. */
  onPlan?: ((plan: TrialPlan) => void) | undefined;
}

/** How much there is to try. */
export interface TrialPlan {
  choices: number;
  /** Texts that all choices are tried on, and texts that the best are tried on. */
  texts: { first: number; all: number };
  /** Estimate of the time of the trials on the first texts. */
  seconds: number;
}

/** What a choice was measured to do beside plain decoding. */
export interface Trial extends DraftingChoice {
  figures: PairFigures;
  /** Whether it was clearly slower than another one on the first texts, and was not tried on the rest. */
  isDropped: boolean;
}

/**
 * Decodes texts with every choice that is worth trying, each right after plain decoding of the same text,
 * so that a busy machine slows both: with all choices the first texts, and with those that did well on
 * them the rest. The trials come in the order in which they were run, plain decoding first; the
 * {@linkcode fastest} is the one to use.
 *
 * @throws Error if a choice gives other ids than plain decoding.
 */
export async function tryMethods(
  model: Transformer,
  methods: readonly LoadedMethod[],
  options: TrialOptions & ChoiceOptions,
): Promise<Trial[]> {
  const choices = await untilAborted(
    options.signal,
    () => draftingChoices(model, methods, options),
  );
  const { trials, fault } = await tryChoices(model, choices ?? [], options);
  if (!fault) return trials.length > 0 ? [plainTrial(trials), ...trials] : [];
  const where = differenceText(fault.difference, PLAIN_TEXT);
  throw new Error(`${draftingText(fault.choice.settings)} is not lossless: ${where}`);
}

/** The trial with the greatest speed-up among those that were not dropped. */
export function fastest(trials: readonly Trial[]): Trial {
  const running = trials.filter(({ isDropped }) => !isDropped);
  return running.reduce((best, trial) =>
    trial.figures.speedUp > best.figures.speedUp ? trial : best
  );
}

/**
 * The fastest of the choices beside plain decoding on the prompts. One that gives other ids than plain
 * decoding is returned at once, so that what is measured with it shows the fault. A single choice is not
 * tried.
 *
 * @throws the reason of the signal if that is aborted.
 */
export async function fastestChoice(
  model: Transformer,
  choices: readonly DraftingChoice[],
  options: TrialOptions,
): Promise<DraftingChoice> {
  if (choices.length === 1) return choices[0];
  const { trials, fault } = await tryChoices(model, choices, options);
  options.signal?.throwIfAborted();
  return fault ? fault.choice : fastest(trials);
}

/** What plain decoding is called in texts. */
const PLAIN_TEXT = draftingText({ method: PLAIN.name, nodes: 1 });

/** Texts that all choices are tried on. */
export const FIRST_TEXTS = 2;

/** A choice that reaches less of the speed of the fastest on the first texts is not tried on the rest. */
const WORTH_MORE_TEXTS = 0.9;

/** Trials; or the choice that gives other ids, and then no speed means anything. */
interface Outcome {
  trials: Trial[];
  fault: { choice: DraftingChoice; difference: Difference } | null;
}

/** Tries choices on the first texts, and the better ones of them on the rest. */
async function tryChoices(
  model: Transformer,
  choices: readonly DraftingChoice[],
  options: TrialOptions,
): Promise<Outcome> {
  if (choices.length === 0) return { trials: [], fault: null };
  const { prompts } = options;
  const tryout = new Tryout(model, options);
  const first = evenly(prompts, FIRST_TEXTS);
  await untilAborted(options.signal, async () => {
    options.onPlan?.({
      choices: choices.length,
      texts: { first: first.length, all: prompts.length },
      seconds: 2 * choices.length * first.length * await plainSeconds(model, prompts[0], options),
    });
    await tryout.run(choices, first, 0, "trying ways of drafting");
    tryout.dropSlow();
    const rest = prompts.filter((prompt) => !first.includes(prompt));
    if (tryout.fault || rest.length === 0) return;
    await tryout.run(tryout.running, rest, first.length, "trying the best on more texts");
  });
  return { trials: tryout.trials, fault: tryout.fault };
}

/** Runs of choices, each beside plain decoding. */
class Tryout {
  fault: Outcome["fault"] = null;
  readonly #model: Transformer;
  readonly #options: TrialOptions;
  readonly #runs: Map<DraftingChoice, Run[]> = new Map();
  readonly #dropped: Set<DraftingChoice> = new Set();

  constructor(model: Transformer, options: TrialOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** Decodes texts with the choices one after the other: only one of them holds GPU memory at a time. */
  async run(
    choices: readonly DraftingChoice[],
    prompts: readonly (readonly number[])[],
    firstPrompt: number,
    what: string,
  ): Promise<void> {
    const { maxTokens, decoder: decoderOptions, onProgress, signal } = this.#options;
    using plain = createDecoder(this.#model, decoderOptions);
    const encoded = prompts.map((ids) => ({ category: "", ids }));
    for (const [tried, choice] of choices.entries()) {
      using decoder = createDecoder(this.#model, decoderOptions, choice.method);
      const name = draftingText(choice.settings);
      const { runs, differences, isWhole } = await runPaired(
        [{ name: PLAIN_TEXT, decoder: plain }, { name, decoder }],
        encoded,
        {
          gpu: this.#model.gpu,
          maxTokens,
          rounds: 1,
          signal,
          onProgress: (done, total) =>
            onProgress?.(what, tried * total + done, choices.length * total),
        },
      );
      if (!isWhole) signal?.throwIfAborted();
      const difference = differences.get(name);
      if (difference) {
        this.fault = { choice, difference };
        return;
      }
      const more = runs.map((run) => ({ ...run, prompt: firstPrompt + run.prompt }));
      this.#runs.set(choice, [...this.#runs.get(choice) ?? [], ...more]);
    }
  }

  /** Leaves those alone that are clearly slower than the fastest, or than plain decoding. */
  dropSlow(): void {
    const best = Math.max(1, ...this.trials.map(({ figures }) => figures.speedUp));
    for (const [choice, runs] of this.#runs) {
      if (figuresOf(choice, runs).speedUp < WORTH_MORE_TEXTS * best) this.#dropped.add(choice);
    }
  }

  /** The choices that were not dropped. */
  get running(): DraftingChoice[] {
    return [...this.#runs.keys()].filter((choice) => !this.#dropped.has(choice));
  }

  get trials(): Trial[] {
    return [...this.#runs].map(([choice, runs]) => ({
      ...choice,
      figures: figuresOf(choice, runs),
      isDropped: this.#dropped.has(choice),
    }));
  }
}

function figuresOf({ settings }: DraftingChoice, runs: readonly Run[]): PairFigures {
  return pairFigures(runs, { reference: PLAIN_TEXT, name: draftingText(settings) });
}

/** Plain decoding as it was measured beside the choices. */
function plainTrial(trials: readonly Trial[]): Trial {
  const time = median(trials.map(({ figures }) => figures.referenceMillisecondsPerToken));
  return {
    settings: { method: PLAIN.name, nodes: 1 },
    method: autoregressive,
    form: "root",
    figures: {
      tokensPerForward: 1,
      millisecondsPerForward: time,
      millisecondsPerToken: time,
      referenceMillisecondsPerToken: time,
      speedUp: 1,
    },
    isDropped: false,
  };
}
