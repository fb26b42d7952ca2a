import { toFloats } from "../../ops/products/codecs.ts";
import { packNibbles } from "../checkpoint/codes.ts";
import { floatMatrix } from "../checkpoint/float_matrix.ts";
import type { MatrixPlace, Quantization } from "../checkpoint/quantization.ts";
import { fromFloats, pairUp, requireFinite } from "../checkpoint/scale_pairs.ts";
import type { StoredMatrix } from "../checkpoint/stored_matrix.ts";
import type { ModelConfig } from "../config.ts";
import { type AffineQuantisation, quantiseAffine } from "./affine.ts";
import { type QuantisationSettings, QuantisedModules } from "./settings.ts";

/** Quantises a model's weights while they are loaded, as `foretoken quantize` does for good. */
export function quantisedOnLoad(
  config: ModelConfig,
  settings: QuantisationSettings,
): Quantization {
  const modules = new QuantisedModules(config, settings);
  const { bits, group, headBits } = settings;
  return {
    summary: `${bits} bits in groups of ${group}, made on loading`,
    onLoad: `${bits} ${group} ${headBits}`,
    open(place) {
      const how = modules.of(place.module, place.inner);
      return how && quantisedMatrix(place, how);
    },
  };
}

/** The matrix of a module, whose tensor of floats is quantised as it is read. */
function quantisedMatrix(
  { tensors, module, rows, inner }: MatrixPlace,
  how: AffineQuantisation,
): StoredMatrix {
  const name = tensors.has(module) ? module : `${module}.weight`;
  const floats = floatMatrix(tensors, name, rows, inner);
  const { dtype: format } = tensors.get(name);
  return {
    format: how.bits === 4 ? "U4" : "U8",
    scales: { group: how.group, format, offset: "added" },
    tensors: floats.tensors,
    async read(first, count) {
      const { weights } = await floats.read(first, count);
      requireFinite(tensors, name, weights);
      const { codes, scales, biases } = quantiseAffine(toFloats(weights, format), how, format);
      return {
        weights: how.bits === 4 ? packNibbles(codes) : codes,
        scales: pairUp(fromFloats(scales, format), fromFloats(biases, format), format),
      };
    },
  };
}
