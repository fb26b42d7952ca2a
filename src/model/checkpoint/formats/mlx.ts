/** MLX: integers with a scale and a bias for each group, or small floats with a scale. */

import type { Fields } from "../../../format/json.ts";
import { DTYPES } from "../../../format/safetensors/dtypes.ts";
import { widened } from "../codes.ts";
import { microMatrix, type SmallFloats } from "../micro_matrix.ts";
import type { MatrixPlace, Quantization } from "../quantization.ts";
import { pairUp, readFinite, requireNonzero } from "../scale_pairs.ts";
import type { StoredMatrix } from "../stored_matrix.ts";
import { requireFields } from "./known_fields.ts";

/** Bits of a weight and weights of a group. */
interface ModuleSettings {
  mode: string;
  bits: number;
  group: number;
}

/** The modes in which weights are small floats: what weights and scales are, and how many share a scale. */
const FLOAT_MODES: Readonly<
  Record<string, Pick<SmallFloats, "elements" | "scaleCodes" | "group">>
> = {
  mxfp4: { elements: "E2M1", scaleCodes: "E8M0", group: 32 },
  mxfp8: { elements: "E4M3", scaleCodes: "E8M0", group: 32 },
  nvfp4: { elements: "E2M1", scaleCodes: "E4M3", group: 16 },
};

/** Keys that are no names of modules. */
const SETTINGS = ["bits", "group_size", "mode", "quant_method", "quantize_input"];

/**
 * Reads MLX's `quantization`: settings for all modules, and others, or false, by a module's name.
 * @throws DataError if a setting is malformed or not supported.
 */
export function readMlx(fields: Fields): Quantization {
  requireFields(fields, { quantize_input: [false] });
  const common = readSettings(fields);
  const modules = new Map<string, ModuleSettings | null>();
  for (const key of fields.keys().filter((key) => !SETTINGS.includes(key))) {
    const value = fields.value(key);
    modules.set(
      key,
      value === true ? common : value === false ? null : readSettings(fields.object(key)!),
    );
  }
  return {
    summary: `MLX ${common.mode}, ${common.bits} bits in groups of ${common.group}`,
    open(place) {
      const { tensors, module } = place;
      const settings = modules.get(module);
      if (settings === null) return null;
      if (settings === undefined && !tensors.has(`${module}.scales`)) return null;
      const { mode, bits, group } = settings ?? common;
      return mode === "affine" ? affineMatrix(place, bits, group) : floatModeMatrix(place, mode);
    },
    requireModules(known) {
      const unknown = [...modules.keys()].find((module) => !known.has(module));
      if (unknown === undefined) return;
      throw fields.fault(unknown, "a module of this model, or one of " + SETTINGS.join(", "));
    },
  };
}

function readSettings(fields: Fields): ModuleSettings {
  const mode = fields.text("mode") ?? "affine";
  if (Object.hasOwn(FLOAT_MODES, mode)) return readFloatSettings(fields, mode);
  if (mode !== "affine") {
    const expected = ["affine", ...Object.keys(FLOAT_MODES)].map((name) => `"${name}"`).join(", ");
    throw fields.fault("mode", `one of ${expected}`, "quantise the model again in one of them");
  }
  const bits = fields.integer("bits", { min: 2, max: 8 });
  if (bits === 7) throw fields.fault("bits", "2, 3, 4, 5, 6 or 8");
  const group = fields.integer("group_size", { min: 32, max: 128 });
  if (![32, 64, 128].includes(group)) throw fields.fault("group_size", "32, 64 or 128");
  return { mode, bits, group };
}

/** Which are the same for all of a mode. */
function readFloatSettings(fields: Fields, mode: string): ModuleSettings {
  const { elements, group } = FLOAT_MODES[mode];
  const bits = elements === "E2M1" ? 4 : 8;
  for (const [key, expected] of [["bits", bits], ["group_size", group]] as const) {
    if ((fields.value(key) ?? expected) === expected) continue;
    throw fields.fault(key, `${expected} in mode "${mode}"`);
  }
  return { mode, bits, group };
}

/**
 * `weight` U32 [rows, inner · bits / 32] is a stream of bits along each row; `scales` and `biases` are
 * [rows, inner / group], of one type. weight = scale · code + bias.
 */
function affineMatrix(place: MatrixPlace, bits: number, group: number): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const names = [`${module}.weight`, `${module}.scales`, `${module}.biases`];
  const [weight, scales, biases] = names;
  requireGroups(place, weight, group);
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

/** `weight` U32 [rows, inner · bits / 32], floats along each row; `scales` U8 [rows, inner / group]. */
function floatModeMatrix(place: MatrixPlace, mode: string): StoredMatrix {
  const { tensors, module, rows, inner } = place;
  const [weights, scales] = [`${module}.weight`, `${module}.scales`];
  const { elements, group } = FLOAT_MODES[mode];
  requireGroups(place, weights, group);
  tensors.typed(weights, ["U32"], [rows, inner / (elements === "E2M1" ? 8 : 4)]);
  tensors.typed(scales, ["U8"], [rows, inner / group]);
  return microMatrix(place, { weights, scales, ...FLOAT_MODES[mode] });
}

/** Throws a DataError unless rows are of whole groups. */
function requireGroups({ tensors, inner }: MatrixPlace, name: string, group: number): void {
  if (inner % group === 0) return;
  const found = `rows of ${inner} weights`;
  throw tensors.fault(name, found, `whole groups of ${group}, as config.json says`);
}
