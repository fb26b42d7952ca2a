import { TRANSFER_MAPS_FILE, writeTransferMaps } from "../../format/trained/transfer_maps.ts";
import { OptionError, type PlanTraining, type TrainOptions } from "../plan.ts";
import { tokenStates } from "./token_states.ts";
import { TransferTrainee } from "./transfer_trainee.ts";

/** What the training of hidden transfer can be told. */
export interface TransferOptions extends TrainOptions {
  /**
   * Layers that pseudo states enter, one for all steps or one per step; five eighths of the way up if left
   * out.
   */
  layers?: readonly number[] | undefined;
  /** Whether maps start from the state and the token that was chosen after it, or from the state alone. */
  form: "token" | "plain";
  /** Layers that the chosen token passes alone, with the form "token". */
  tokenLayer: number;
  /** First maps: regression on the hidden states in closed form, or the identity. */
  start: "ridge" | "identity";
}

/** Plans the training of hidden transfer's maps. */
export const planTransfer: PlanTraining<TransferOptions> = (options, { layerCount }) => {
  const { loss, learningRate = 0.002, batch, sequenceLength, start } = options;
  const layers = transferLayers(options, layerCount);
  const tokenLayer = options.form === "token" ? options.tokenLayer : null;
  if (tokenLayer !== null && tokenLayer > layers[0]) {
    const expected = `expected a layer from 0 to ${layers[0]}, that of the maps`;
    throw new OptionError("tokenLayer", `${tokenLayer}: ${expected}`);
  }
  const settings = { layers, tokenLayer, loss, learningRate, batch, sequenceLength, start };
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
};

function transferLayers(options: TransferOptions, layerCount: number): number[] {
  const { steps, form, layers: given = [Math.floor(layerCount * 5 / 8)] } = options;
  const layers = given.length === 1 ? Array.from({ length: steps }, () => given[0]) : [...given];
  const isRising = layers.every((layer, i) => layer < layerCount && layer >= (layers[i - 1] ?? 0));
  if (layers.length !== steps || !isRising) {
    const expected = `expected one layer or ${steps}, each from 0 to ${layerCount - 1} and none ` +
      "below the one before";
    throw new OptionError("layers", `${given}: ${expected}`);
  }
  if (form === "token" && new Set(layers).size > 1) {
    throw new OptionError("form", "token needs one layer for all steps; plain does not");
  }
  return layers;
}
