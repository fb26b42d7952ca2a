/** The affine mode of MLX: integers with a scale and a bias for each group. */

import type { Fields } from "../../../format/json.ts";
import { DTYPES } from "../../../format/safetensors/dtypes.ts";
import { widened } from "../codes.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { pairUp, readFinite, requireNonzero } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { requireFields } from "./known_fields.ts";

/** Bits of a weight and weights of a group. */
interface AffineSettings {
  bits: number;
  group: number;
}

/** Keys that are no names of modules. */
const SETTINGS = ["bits", "group_size", "mode", "quant_method", "quantize_input"];

/**
 * Reads MLX's `quantization`: settings for all modules, and others, or false, by a module's name.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readMlx(fields: Fields): Quantization {
  requireFields(fields, { quantize_input: [false] });
  const common = readSettings(fields);
  const modules = new Map<string, AffineSettings | null>();
  for (const key of fields.keys().filter((key) => !SETTINGS.includes(key))) {
    const value = fields.value(key);
    modules.set(
      key,
      value === true ? common : value === false ? null : readSettings(fields.object(key)!),
    );
  }
  return {
    summary: `MLX affine, ${common.bits} bits in groups of ${common.group}`,
    open(place) {
      const { tensors, module } = place;
      const settings = modules.get(module);
      if (settings === null) return null;
      if (settings === undefined && !tensors.has(`${module}.scales`)) return null;
      return affineMatrix(place, settings ?? common);
    },
    requireModules(known) {
      const unknown = [...modules.keys()].find((module) => !known.has(module));
      if (unknown === undefined) return;
      throw fields.fault(unknown, "a module of this model, or one of " + SETTINGS.join(", "));
    },
  };
}

function readSettings(fields: Fields): AffineSettings {
  const mode = fields.text("mode") ?? "affine";
  if (mode !== "affine") {
    throw fields.fault("mode", '"affine"', "quantise the model again in this mode");
  }
  const bits = fields.integer("bits", { min: 2, max: 8 });
  if (bits === 7) throw fields.fault("bits", "2, 3, 4, 5, 6 or 8");
  const group = fields.integer("group_size", { min: 32, max: 128 });
  if (![32, 64, 128].includes(group)) throw fields.fault("group_size", "32, 64 or 128");
  return { bits, group };
}

/**
 * `weight` U32 [rows, inner · bits / 32] is a stream of bits along each row; `scales` and `biases` are
 * [rows, inner / group], of one type. weight = scale · code + bias.
 */
function affineMatrix(place: MatrixPlace, { bits, group }: AffineSettings): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const names = [`${module}.weight`, `${module}.scales`, `${module}.biases`];
  const [weight, scales, biases] = names;
  const isDivided = inner % group === 0;
  if (!isDivided) {
    const found = `rows of ${inner} weights`;
    throw tensors.fault(weight, found, `whole groups of ${group}, as config.json says`);
  }
  tensors.typed(weight, ["U32"], [rows, inner * bits / 32]);
  const { dtype } = tensors.get(scales, [rows, inner / group]);
  tensors.typed(biases, DTYPES.filter((one) => one === dtype), [rows, inner / group]);
  const rowBytes = inner * bits / 8;
  const groups = inner / group;
  const isWidened = bits !== 4 && bits !== 8;
  return {
    format: bits <= 4 ? "U4" : "U8",
    scales: { group, format: dtype, offset: "added" },
    tensors: names,
    async read(first, count, room) {
      const place = isWidened ? undefined : room;
      const bytes = await tensors.read(weight, first * rowBytes, count * rowBytes, place);
      const range = { first: first * groups, count: count * groups };
      const factors = await readFinite(tensors, scales, range);
      requireNonzero(tensors, scales, factors);
      const offsets = await readFinite(tensors, biases, range);
      return {
        weights: isWidened ? widened(bytes, bits) : bytes,
        scales: pairUp(factors, offsets, dtype),
      };
    },
  };
}
