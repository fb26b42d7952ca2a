/** Files that say how a model best drafts for itself on which device. */

import { DataError, malformed, quote } from "./errors.ts";
import { readTextIfThere, writeWhole } from "./files.ts";
import { parseJson } from "./json.ts";

/** Name of the file beside a model's weights. */
export const SELF_SPECULATION_FILE = "self_speculative.tuning.json";

/** What was found best on one device. */
export interface DeviceSelfSpeculation {
  /** Layers whose attention the drafting passes leave out. */
  attention: number[];
  /** Layers whose MLP they leave out. */
  mlp: number[];
  /** Most drafts per step. */
  drafts: number;
  /** Probability below which a draft is the step's last. */
  confidence: number;
  /** Milliseconds per token when it was measured: with drafts, and plain. */
  milliseconds: { tuned: number; plain: number };
  /** Day of the measurement, YYYY-MM-DD. */
  date: string;
}

/** The settings for one model, by the device's name. */
export interface SelfSpeculations {
  /** Fingerprint of the model that was measured. */
  model: string;
  devices: Record<string, DeviceSelfSpeculation>;
}

const FORMAT = "foretoken.self-speculation";
const SIZE_LIMIT = 2 ** 20;
const NEXT = "make a new one with foretoken tune self-speculative";
const MOST_DRAFTS = 8;

/**
 * Reads a file of settings for a model of `layerCount` layers; null if there is none.
 *
 * @throws DataError when it is malformed, NoInputError when it cannot be read.
 */
export async function readSelfSpeculations(
  path: string,
  layerCount: number,
): Promise<SelfSpeculations | null> {
  const made = "a file made by foretoken tune self-speculative";
  const text = await readTextIfThere(path, made, SIZE_LIMIT);
  if (text === null) return null;
  const json = Object(parseJson(text, path)) as Record<string, unknown>;
  if (json.format !== FORMAT) {
    const fault = { where: "format", found: quote(json.format), expected: quote(FORMAT) };
    throw malformed({ file: path, ...fault, next: NEXT });
  }
  const devices: Record<string, DeviceSelfSpeculation> = {};
  for (const [name, value] of Object.entries(Object(json.devices))) {
    devices[name] = deviceSettings(path, name, value, layerCount);
  }
  return { model: String(json.model), devices };
}

/** Writes a file of settings, whole or not at all. */
export async function writeSelfSpeculations(
  path: string,
  settings: SelfSpeculations,
): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...settings }, null, 2) + "\n";
  await writeWhole(path, text);
}

function deviceSettings(
  path: string,
  device: string,
  value: unknown,
  layerCount: number,
): DeviceSelfSpeculation {
  const { attention, mlp, drafts, confidence, ...rest } = Object(value);
  const isLayer = (layer: unknown) =>
    Number.isInteger(layer) && Number(layer) >= 0 && Number(layer) < layerCount;
  const areLayers = (layers: unknown) => Array.isArray(layers) && layers.every(isLayer);
  const isNumber = (number: unknown, least: number, most: number) =>
    typeof number === "number" && number >= least && number <= most;
  const areLimits = Number.isInteger(drafts) && isNumber(drafts, 0, MOST_DRAFTS) &&
    isNumber(confidence, 0, 1);
  if (areLayers(attention) && areLayers(mlp) && areLimits) {
    return { attention, mlp, drafts, confidence, ...rest };
  }
  throw new DataError(
    `${path}: device ${quote(device)}: found ${quote(value)}, expected attention and mlp with ` +
      `layers from 0 to ${layerCount - 1}, drafts from 0 to ${MOST_DRAFTS} and confidence from 0 ` +
      `to 1; ${NEXT}`,
  );
}
