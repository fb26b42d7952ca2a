import type { Gpu } from "../../gpu/gpu.ts";
import { inPassRows } from "../../ops/drafting/in_pass_rows.ts";
import type { Row } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { randomIntegers, randomNormals, randomParents } from "../oracles/numbers/random.ts";
import { Workspace } from "../workspace.ts";
import { FIRST_SLOT, nodeRows, ROOT_POSITION } from "../tree/tree_rows.ts";

/** A pass that has pseudo rows of its first nodes. */
export interface InPassCase {
  /** Room in the tree, and the nodes that it has; 0 after the end of the text. */
  room: number;
  nodes: number;
  inPassNodes: number;
  steps: number;
}

/** A root alone, pseudo rows of few and of all nodes, trees smaller than their room, no tree. */
export const IN_PASS_CASES: readonly InPassCase[] = [
  { room: 1, nodes: 1, inPassNodes: 1, steps: 3 },
  { room: 16, nodes: 16, inPassNodes: 5, steps: 3 },
  { room: 33, nodes: 33, inPassNodes: 33, steps: 2 },
  { room: 16, nodes: 3, inPassNodes: 8, steps: 1 },
  { room: 16, nodes: 0, inPassNodes: 8, steps: 2 },
];

const MAX_DEPTH = 3;
/** Of the residual stream: more of it than there are rows. */
const WIDTH = 264;

/** The nodes' rows as they are, then the pseudo rows, step after step; and what the first nodes are is kept. */
export async function checkInPassRows(
  gpu: Gpu,
  inPassCase: InPassCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { room, nodes, inPassNodes, steps } = inPassCase;
  const parents = randomParents(nodes, 3, MAX_DEPTH);
  const tokens = randomIntegers(nodes, 4, 1000);
  const own = nodeRows({ tokens, parents }).slice(0, nodes);
  const batch = workspace.batch(own, room, MAX_DEPTH);
  const tree = workspace.tree({ batch, nodes: room, followers: 1, firstSlot: FIRST_SLOT });
  const ancestorRoom = MAX_DEPTH + steps;
  const rows = workspace.batch([], room + steps * inPassNodes, ancestorRoom);
  const stream = randomNormals(room * WIDTH, 5);
  const others = randomNormals(inPassNodes * WIDTH, 6);
  const source = workspace.rowFloats("source", room, WIDTH, stream);
  const kept = workspace.upload("kept", others);
  const sizes = { nodes: room, inPassNodes, steps, width: WIDTH };
  workspace.run(inPassRows(gpu, { tree, rows, source, kept, ...sizes }));

  const slotOf = (node: number, step: number) => tree.followerSlot + step * inPassNodes + node;
  const expected = nodes === 0 ? [] : [
    ...Array.from({ length: room }, (_, node) => own[node] ?? absentNode(node, FIRST_SLOT + node)),
    ...Array.from({ length: steps }, (_, step) =>
      Array.from({ length: inPassNodes }, (_, node) => {
        const origin = own[node];
        if (!origin) return absentNode(node, slotOf(node, step));
        const born = Array.from({ length: step + 1 }, (_, i) => slotOf(node, i));
        return {
          token: node,
          position: origin.position + step + 1,
          slot: slotOf(node, step),
          prefix: origin.prefix,
          ancestors: [...origin.ancestors, ...born],
        };
      })).flat(),
  ];
  const label = `${nodes} nodes, ${inPassNodes} of ${room} with ${steps} pseudo rows`;
  const states = others.slice();
  states.set(stream.subarray(0, Math.min(nodes, inPassNodes) * WIDTH));
  findings.equal(`${label}, kept`, bits(await gpu.readFloats(kept)), bits(states));
  const words = expected.flatMap((row) => [row.token, row.position, row.slot, row.prefix]);
  const foundRows = await gpu.readWords(rows.rows, 0, 1 + words.length);
  findings.equal(`${label}, rows`, foundRows, [expected.length, ...words]);
  const ancestors = await gpu.readWords(rows.ancestors);
  expected.forEach(({ ancestors: own }, row) => {
    const found = ancestors.slice(row * ancestorRoom, row * ancestorRoom + own.length);
    findings.equal(`${label}, ancestors of row ${row}`, found, own);
  });
}

/** The row in place of a node that the tree does not have: it sees the text alone. */
function absentNode(token: number, slot: number): Row {
  return { token, position: ROOT_POSITION, slot, prefix: ROOT_POSITION + 1, ancestors: [] };
}

function bits(floats: Float32Array): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
