/** What can be trained: how each method's flags become something to train, and its file. */

import type { ModelConfig } from "../../model/config.ts";
import { MEDUSA_HEADS_FILE, type MedusaHead, writeMedusaHeads } from "../../format/medusa_heads.ts";
import { TRANSFER_MAPS_FILE, writeTransferMaps } from "../../format/transfer_maps.ts";
import type { Transformer } from "../../model/transformer.ts";
import { MedusaTrainee } from "../../train/medusa_trainee.ts";
import type { ParameterState } from "../../train/parameters.ts";
import { tokenStates } from "../../train/token_states.ts";
import type { Trainee } from "../../train/trainee.ts";
import type { Schedule } from "../../train/trainer.ts";
import { TransferTrainee } from "../../train/transfer_trainee.ts";
import { UsageError } from "../errors.ts";
import type { MedusaTrainFlags, TransferTrainFlags } from "./flags.ts";

/** What a file says beside the weights. */
export interface Provenance {
  /** Fingerprint of the base model. */
  baseFingerprint: string;
  /** How they were trained; becomes JSON. */
  training: unknown;
}

/** A run as the flags want it. */
export interface TrainingPlan {
  /** Name of the file beside the model's weights. */
  file: string;
  /** What the numbers of the run depend on, texts apart. */
  settings: Readonly<Record<string, unknown>>;
  schedule: Schedule;
  create(model: Transformer): Trainee;
  write(
    path: string,
    model: Transformer,
    weights: ParameterState["weights"],
    about: Provenance,
  ): Promise<void>;
}

/**
 * Plans the training of hidden transfer's maps.
 * @throws UsageError if the layers do not fit the steps, the form or the model.
 */
export function planTransfer(flags: TransferTrainFlags, config: ModelConfig): TrainingPlan {
  const settings = {
    layers: transferLayers(flags, config.layerCount),
    tokenLayer: flags.form === "token" ? flags["token-layer"] : null,
    loss: flags.loss,
    learningRate: flags["learning-rate"] ?? 0.002,
    batch: flags.batch,
    sequenceLength: flags.length,
    start: flags.start,
  };
  const { layers, tokenLayer } = settings;
  if (tokenLayer !== null && tokenLayer > layers[0]) {
    throw new UsageError(
      `--token-layer ${tokenLayer}: expected a layer from 0 to ${layers[0]}, that of --layers`,
    );
  }
  return {
    file: TRANSFER_MAPS_FILE,
    settings,
    schedule: settings,
    create: (model) => new TransferTrainee(model, settings),
    write: async (path, model, weights, about) => {
      const maps = weights.slice(0, layers.length);
      const [fromState, fromToken] = weights.slice(layers.length);
      const token = tokenLayer === null ? undefined : {
        layer: tokenLayer,
        fromState,
        states: await tokenStates(model, tokenLayer, fromToken),
      };
      await writeTransferMaps(path, { layers, maps, token, ...about });
    },
  };
}

function transferLayers(flags: TransferTrainFlags, layerCount: number): number[] {
  const given = flags.layers ?? [Math.floor(layerCount * 5 / 8)];
  const layers = given.length === 1 ? Array.from({ length: flags.steps }, () => given[0]) : given;
  const isRising = layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
  if (layers.length !== flags.steps || !isRising) {
    throw new UsageError(
      `--layers ${given}: expected one layer or ${flags.steps}, each from 0 to ${layerCount - 1} ` +
        `and none below the one before`,
    );
  }
  if (flags.form === "token" && new Set(layers).size > 1) {
    throw new UsageError(
      "--layers: --form token needs one layer for all steps; or take --form plain",
    );
  }
  return layers;
}

/** Plans the training of Medusa's heads. */
export function planMedusa(
  flags: MedusaTrainFlags,
  { hiddenSize, vocabSize }: ModelConfig,
): TrainingPlan {
  const settings = {
    heads: flags.steps,
    loss: flags.loss,
    learningRate: flags["learning-rate"] ?? 0.003,
    batch: flags.batch,
    sequenceLength: flags.length,
  };
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
}
