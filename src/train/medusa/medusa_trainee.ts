import { type MedusaHead, writeMedusaHeads } from "../../format/trained/medusa_heads.ts";
import type { Transformer } from "../../model/transformer.ts";
import { MedusaPass, type MedusaPassOptions } from "./medusa_pass.ts";
import { MedusaWeights } from "./medusa_weights.ts";
import type { ParameterState } from "../parameters.ts";
import { readMatrix } from "../read_matrix.ts";
import type { TrainedFile, Trainee } from "../trainee.ts";

/** What is trained for Medusa, and on what. */
export interface MedusaSettings extends Omit<MedusaPassOptions, "kv"> {
  /** k */
  heads: number;
}

/**
 * The heads of Medusa: Cai et al., "Medusa: Simple LLM Inference Acceleration Framework with Multiple
 * Decoding Heads" (2024). Each starts as the model's own LM head.
 */
export class MedusaTrainee implements Trainee {
  readonly steps: number;
  readonly pass: MedusaPass;
  readonly #model: Transformer;
  readonly #weights: MedusaWeights;

  constructor(model: Transformer, settings: MedusaSettings) {
    const { gpu, config: { hiddenSize, vocabSize } } = model;
    const { heads } = settings;
    this.#model = model;
    this.steps = heads;
    this.#weights = new MedusaWeights(gpu, { heads, hiddenSize, vocabularySize: vocabSize });
    this.pass = new MedusaPass(model, this.#weights, { ...settings, kv: "f16" });
  }

  get parameters(): MedusaWeights["parameters"] {
    return this.#weights.parameters;
  }

  async start(): Promise<ParameterState["weights"]> {
    const { gpu, weights: { head } } = this.#model;
    const { outputs, parameters: { lengths } } = this.#weights;
    const [inner, bias] = lengths;
    const output = await readMatrix(gpu, head);
    return [new Float32Array(inner), new Float32Array(bias), ...outputs.map(() => output)];
  }

  write(
    path: string,
    [inner, biases, ...outputs]: ParameterState["weights"],
    { isFinished: _, ...about }: TrainedFile,
  ): Promise<void> {
    const { hiddenSize, vocabSize } = this.#model.config;
    const heads = outputs.map((output, i): MedusaHead => ({
      inner: inner.subarray(i * hiddenSize ** 2, (i + 1) * hiddenSize ** 2),
      bias: biases.subarray(i * hiddenSize, (i + 1) * hiddenSize),
      output: output.subarray(0, vocabSize * hiddenSize),
    }));
    return writeMedusaHeads(path, { heads, ...about });
  }

  [Symbol.dispose](): void {
    this.pass[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }
}
