/** Files that say how drafting is set on which device, made by `foretoken tune`. */

import { DataError, malformed, quote } from "./errors.ts";
import { readTextIfThere, writeWhole } from "./files.ts";
import { parseJson } from "./json.ts";

/** Name of the file beside a model's weights. */
export const TUNING_FILE = "hidden_transfer.tuning.json";

/** What was found best on one device. */
export interface DeviceTuning {
  /** Nodes of the tree, the root included; 1 where plain decoding is fastest. */
  nodes: number;
  /** Rank paths of the tree below its root; null where the most probable paths of each step are best. */
  tree: number[][] | null;
  /** Nodes that carry pseudo rows in the verifying pass; 0 for a pass of their own. */
  carry: number;
  /** Milliseconds per token when it was measured: with drafts, and plain. */
  milliseconds: { tuned: number; plain: number };
  /** Day of the measurement, YYYY-MM-DD. */
  date: string;
}

/** Tunings of one set of maps, by the device's name. */
export interface Tunings {
  /** Fingerprint of the maps that were measured. */
  maps: string;
  devices: Record<string, DeviceTuning>;
}

const FORMAT = "foretoken.tuning";
const SIZE_LIMIT = 2 ** 20;
const NEXT = "make a new one with foretoken tune";

/**
 * Reads a file of tunings; null if there is none.
 *
 * @throws DataError when it is malformed, NoInputError when it cannot be read.
 */
export async function readTunings(path: string): Promise<Tunings | null> {
  const text = await readTextIfThere(path, "a file made by foretoken tune", SIZE_LIMIT);
  if (text === null) return null;
  const json = Object(parseJson(text, path)) as Record<string, unknown>;
  if (json.format !== FORMAT) {
    const fault = { where: "format", found: quote(json.format), expected: quote(FORMAT) };
    throw malformed({ file: path, ...fault, next: NEXT });
  }
  const devices: Record<string, DeviceTuning> = {};
  for (const [name, value] of Object.entries(Object(json.devices))) {
    devices[name] = deviceTuning(path, name, value);
  }
  return { maps: String(json.maps), devices };
}

/** Writes a file of tunings, whole or not at all. */
export async function writeTunings(path: string, tunings: Tunings): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...tunings }, null, 2) + "\n";
  await writeWhole(path, text);
}

function deviceTuning(path: string, name: string, value: unknown): DeviceTuning {
  const fields = Object(value) as Partial<DeviceTuning>;
  const { nodes = 0, tree = null, carry = -1 } = fields;
  const isCount = (count: unknown, least: number) =>
    Number.isInteger(count) && Number(count) >= least && Number(count) <= 64;
  const isTree = tree === null || Array.isArray(tree) && tree.every((path) => Array.isArray(path));
  if (isCount(nodes, 1) && isCount(carry, 0) && carry <= nodes && isTree) {
    return { ...fields, nodes, tree, carry } as DeviceTuning;
  }
  throw new DataError(
    `${path}: device ${quote(name)}: found ${
      quote(value)
    }, expected nodes from 1 to 64, carry from ` +
      `0 to nodes, and a tree of rank paths or null; ${NEXT}`,
  );
}
