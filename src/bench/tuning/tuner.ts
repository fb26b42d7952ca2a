import { createDecoder, type DecoderOptions } from "../../decode/decoder.ts";
import { autoregressive } from "../../draft/autoregressive.ts";
import type { LoadedMethod } from "../../draft/method.ts";
import { PLAIN } from "../../draft/registry.ts";
import type { Transformer } from "../../model/transformer.ts";
import { type PairFigures, pairFigures } from "../runs/pair_figures.ts";
import { type Difference, differenceText, runPaired } from "../runs/paired_runs.ts";
import { median } from "../timing/statistics.ts";
import { type ChoiceOptions, type DraftingChoice, draftingChoices } from "./choices.ts";
import { draftingText } from "./drafting_text.ts";

/** What choices are tried on. */
export interface TrialOptions {
  /** Ids of the prompts that are timed. */
  prompts: readonly (readonly number[])[];
  /** Tokens that each prompt is continued by. */
  maxTokens: number;
  decoder?: DecoderOptions;
  /** Hears how many decodings of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/** What a choice was measured to do beside plain decoding. */
export interface Trial extends DraftingChoice {
  figures: PairFigures;
}

/**
 * Decodes texts with every choice that is worth trying, each right after plain decoding of the same text,
 * so that a busy machine slows both. The trials come in the order in which they were run, plain decoding
 * first; the {@linkcode fastest} is the one to use.
 *
 * @throws Error if a choice gives other ids than plain decoding.
 */
export async function tryMethods(
  model: Transformer,
  methods: readonly LoadedMethod[],
  options: TrialOptions & ChoiceOptions,
): Promise<Trial[]> {
  const choices = await draftingChoices(model, methods, options);
  const trials: Trial[] = [];
  for await (const { choice, figures, difference } of tryChoices(model, choices, options)) {
    if (!figures) {
      const where = differenceText(difference, PLAIN_TEXT);
      throw new Error(`${draftingText(choice.settings)} is not lossless: ${where}`);
    }
    trials.push({ ...choice, figures });
  }
  return [plainTrial(trials), ...trials];
}

/** The trial with the greatest speed-up. */
export function fastest(trials: readonly Trial[]): Trial {
  return trials.reduce((best, trial) =>
    trial.figures.speedUp > best.figures.speedUp ? trial : best
  );
}

/**
 * The fastest of the choices beside plain decoding on the prompts. One that gives other ids than plain
 * decoding is returned at once, so that what is measured with it shows the fault. A single choice is not
 * tried.
 *
 * @param onTrial hears how many choices of how many have been tried.
 */
export async function fastestChoice(
  model: Transformer,
  choices: readonly DraftingChoice[],
  options: Omit<TrialOptions, "onProgress">,
  onTrial: (done: number, total: number) => void,
): Promise<DraftingChoice> {
  if (choices.length === 1) return choices[0];
  const trials: Trial[] = [];
  for await (const { choice, figures } of tryChoices(model, choices, options)) {
    if (!figures) return choice;
    trials.push({ ...choice, figures });
    onTrial(trials.length, choices.length);
  }
  return fastest(trials);
}

/** What plain decoding is called in texts. */
const PLAIN_TEXT = draftingText({ method: PLAIN.name, nodes: 1 });

/** A choice with its figures; or where its ids differ, and then no speed means anything. */
type Outcome =
  & { choice: DraftingChoice }
  & ({ figures: PairFigures; difference: null } | { figures: null; difference: Difference });

/** Tries the choices one after the other, so that only one of them holds GPU memory at a time. */
async function* tryChoices(
  model: Transformer,
  choices: readonly DraftingChoice[],
  { prompts, maxTokens, decoder: decoderOptions, onProgress }: TrialOptions,
): AsyncGenerator<Outcome> {
  using plain = createDecoder(model, decoderOptions);
  const encoded = prompts.map((ids) => ({ category: "", ids }));
  for (const [tried, choice] of choices.entries()) {
    using decoder = createDecoder(model, decoderOptions, choice.method);
    const names = { reference: PLAIN_TEXT, name: draftingText(choice.settings) };
    const { runs, differences } = await runPaired(
      [{ name: names.reference, decoder: plain }, { name: names.name, decoder }],
      encoded,
      {
        maxTokens,
        rounds: 1,
        onProgress: (done, total) => onProgress?.(tried * total + done, choices.length * total),
      },
    );
    const difference = differences.get(names.name);
    yield difference
      ? { choice, figures: null, difference }
      : { choice, figures: pairFigures(runs, names), difference: null };
  }
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
  };
}
