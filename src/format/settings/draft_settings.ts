/** Files that say how drafting is set on which device, made by `foretoken tune`. */

import type { RecordKind } from "./device_records.ts";
import type { Fields } from "../json.ts";

/** Name of the file beside a model's weights. */
export const TUNING_FILE = "hidden_transfer.tuning.json";

/** Most nodes of a tree that a file may ask for. */
export const MAX_TREE_NODES = 64;

/** A path below the root: which candidate of its depth each draft on it is, 0 being the best. */
export type RankPath = readonly number[];

/** The tree of drafts that each pass verifies. */
export interface DraftTree {
  /** Nodes, the root included; 1 … 64, and 1 where nothing is drafted. */
  nodes: number;
  /**
   * Paths of a static tree below its root, each after its prefixes; the most probable paths of each step
   * if left out. They outweigh `nodes`.
   */
  paths?: readonly RankPath[];
  /**
   * Nodes, from the root on, whose pseudo rows run in the verifying pass, for methods that have such rows;
   * with 0, as if left out, those of the accepted node run in a pass of their own.
   */
  inPassNodes?: number;
}

/** How to draft: a method and its tree. Nothing of it changes a token. */
export interface DraftSettings extends DraftTree {
  /** Name of the drafting method. */
  method: string;
}

/** Settings that were the fastest, of methods with these names. */
export function draftSettingsRecords(methods: readonly string[]): RecordKind<DraftSettings> {
  return {
    format: "foretoken.tuning",
    madeBy: "foretoken tune",
    readSettings(fields) {
      const method = methods.find((name) => name === fields.text("method"));
      if (method === undefined) throw fields.fault("method", `one of ${methods.join(", ")}`);
      const nodes = fields.integer("nodes", { min: 1, max: MAX_TREE_NODES });
      const paths = readPaths(fields);
      const inPassNodes = fields.integer("carry", { min: 0, max: nodes });
      return { method, nodes, ...(paths && { paths }), inPassNodes };
    },
    writeSettings: ({ method, nodes, paths = null, inPassNodes = 0 }) => ({
      method,
      nodes,
      tree: paths,
      carry: inPassNodes,
    }),
  };
}

function readPaths(fields: Fields): number[][] | undefined {
  const tree = fields.value("tree");
  if (tree === undefined) return undefined;
  const isPath = (path: unknown) => Array.isArray(path) && path.every(Number.isInteger);
  if (Array.isArray(tree) && tree.every(isPath)) return tree;
  throw fields.fault("tree", "rank paths, such as [[0],[1],[0,0]], or null");
}
