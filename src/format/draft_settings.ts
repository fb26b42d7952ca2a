/** Files that say how drafting is set on which device, made by `foretoken tune`. */

import type { Measurement, RecordKind } from "./device_records.ts";
import type { Fields } from "./json.ts";

/** Name of the file beside a model's weights. */
export const TUNING_FILE = "hidden_transfer.tuning.json";

const MAX_NODES = 64;

/** Methods that can be the fastest with a file of maps. */
export const TUNED_METHODS = ["autoregressive", "hidden-transfer", "combined"] as const;

/** One of them, as the program names it. */
export type TunedMethodName = typeof TUNED_METHODS[number];

/** The method and the tree that were found best on one device. */
export interface TreeTuning {
  method: TunedMethodName;
  /** Nodes of the tree, the root included; 1 where plain decoding is fastest. */
  nodes: number;
  /** Rank paths of the tree below its root; null where the most probable paths of each step are best. */
  tree: number[][] | null;
  /** Nodes that carry pseudo rows in the verifying pass; 0 for a pass of their own. */
  carry: number;
}

/** What was found best on one device, and when. */
export type DeviceTuning = TreeTuning & Measurement;

/** Trees for the maps with the file's fingerprint. */
export const TUNINGS: RecordKind<TreeTuning> = {
  format: "foretoken.tuning",
  madeBy: "foretoken tune",
  readSettings(fields) {
    const method = TUNED_METHODS.find((name) => name === fields.text("method"));
    if (method === undefined) throw fields.fault("method", `one of ${TUNED_METHODS.join(", ")}`);
    const nodes = fields.integer("nodes", { min: 1, max: MAX_NODES });
    const carry = fields.integer("carry", { min: 0, max: nodes });
    return { method, nodes, tree: readTree(fields), carry };
  },
};

function readTree(fields: Fields): number[][] | null {
  const tree = fields.value("tree");
  if (tree === undefined) return null;
  const isPath = (path: unknown) => Array.isArray(path) && path.every(Number.isInteger);
  if (Array.isArray(tree) && tree.every(isPath)) return tree;
  throw fields.fault("tree", "rank paths, such as [[0],[1],[0,0]], or null");
}
