import type { Gpu } from "../../../gpu/gpu.ts";
import { accept, NO_FOLLOWERS } from "../../../ops/tree/accept.ts";
import { MAX_DEPTH } from "../../../ops/limits.ts";
import { candidateChunks, packSeen } from "../../../ops/choose.ts";
import { packProposal, PROPOSAL } from "../../../ops/drafting/lookup.ts";
import { FINISH, packState, RECORD } from "../../../ops/loop_state.ts";
import type { Findings } from "../../check.ts";
import { randomIntegers, randomParents } from "../../oracles/numbers/random.ts";
import { RecycledChoices } from "../../oracles/drafts/recycled.ts";
import { type DraftTree, endStep, type StepEnd } from "../../oracles/drafts/tree.ts";
import { Workspace } from "../../workspace.ts";
import type { AcceptCase } from "./accept_cases.ts";
import { FIRST_SLOT, nodeRows, ROOT_POSITION } from "../tree_rows.ts";

const VOCABULARY = 3000;
const CHUNKS = candidateChunks(VOCABULARY);
const RECORDS = 3;
const SEEN = [3, 31];
const BEFORE_ROOT = 17;
const CODES = { "running": FINISH.running, "end of text": FINISH.endOfText, "limit": FINISH.limit };

/** A tree to verify, and the best candidate of each chunk of the vocabulary after each node. */
interface Verification extends DraftTree {
  /** [nodes, CHUNKS]. */
  candidates: { value: number; token: number }[][];
  /** The model's choice after each node. */
  choices: number[];
}

/** Everything that the end of a step writes, for each of the case's trees. */
export async function checkAccept(
  gpu: Gpu,
  acceptCase: AcceptCase,
  findings: Findings,
): Promise<void> {
  let longest = 0;
  for (let seed = 0; seed < acceptCase.trees; seed++) {
    longest = Math.max(longest, await checkTree(gpu, acceptCase, seed, findings));
  }
  const expected = acceptCase.nodes < 16 ? 1 : 2;
  findings.claim(longest >= expected, `accept, ${acceptCase.title}: no draft was ever right`);
}

/** Returns the number of nodes on the accepted path. */
async function checkTree(
  gpu: Gpu,
  acceptCase: AcceptCase,
  seed: number,
  findings: Findings,
): Promise<number> {
  using workspace = new Workspace(gpu);
  const { title, nodes, step, generated, limit, followers = NO_FOLLOWERS } = acceptCase;
  const verification = randomVerification(nodes, seed);
  const endTokens = POSSIBLE_TOKENS.slice(0, acceptCase.endTokens ?? 0);
  const choice = workspace.choice(nodes, VOCABULARY, RECORDS);
  const batch = workspace.batch(nodeRows(verification));
  const sizes = { batch, nodes, followers: followers.count, firstSlot: FIRST_SLOT };
  const tree = workspace.tree(sizes);
  gpu.write(choice.state, 0, packState(limit, endTokens, { step, generated }));
  gpu.write(choice.seen, 0, packSeen(VOCABULARY, SEEN));
  gpu.write(choice.candidates, 0, packCandidates(verification.candidates));
  gpu.write(tree.parents, 0, Uint32Array.from(verification.parents, (node) => Math.max(0, node)));
  const alone = acceptCase.isChosenAlone ? workspace.batch([], 1) : undefined;
  const kept = new RecycledChoices();
  const begun = packProposal({ before_root: BEFORE_ROOT, choices: kept.words });
  const recycled = acceptCase.recycles ? workspace.upload("recycled", begun) : undefined;
  workspace.run(accept(gpu, tree, choice, { ...followers, alone, recycled }));

  const end = endStep(verification, verification.choices, { room: limit - generated, endTokens });
  const { tokens, finish } = end;
  const code = CODES[finish];
  const position = ROOT_POSITION + tokens.length;
  const isRunning = finish === "running";
  const last = end.nodes[end.nodes.length - 1];
  // The last token of the text needs no draft after it.
  const room = limit - generated - tokens.length - 1;
  const count = isRunning && last < followers.nodes ? Math.min(followers.count, room) : 0;
  const equal = async (what: string, buffer: GPUBuffer, expected: number[], first = 0) =>
    findings.equal(
      `accept, ${title}, tree ${seed}, ${what}`,
      await gpu.readWords(buffer, first, expected.length),
      expected,
    );
  const record = step % RECORDS * RECORD.byteLength() / 4;
  const seen = packSeen(VOCABULARY, [...SEEN, ...tokens]) as Uint32Array;
  const root = [tokens[tokens.length - 1], position, position, position + 1];
  await Promise.all([
    equal("record", choice.records, [tokens.length, code, nodes, ...tokens], record),
    equal("state", choice.state, [step + 1, generated + tokens.length, limit, code]),
    equal("seen tokens", choice.seen, [...seen]),
    equal("rows", batch.rows, [isRunning ? 1 : 0, ...root]),
    ...(recycled
      ? [equal("recycled choices", recycled, [
        verification.tokens[last],
        ...keepChoices(kept, verification).words,
      ], PROPOSAL.offsetOf("before_root") / 4)]
      : []),
    ...(alone ? [equal("alone", alone.rows, [isRunning ? 1 : 0, root[0], 0, 0, 0])] : []),
    equal("moves", tree.moves, expectedMoves(end)),
    equal("followers", tree.followers.rows, [
      count,
      ...Array.from({ length: count }, (_, i) => [
        followers.first + i * followers.stride + last,
        position + i,
        tree.followerSlot + i,
        position,
      ]).flat(),
    ]),
  ]);
  return end.nodes.length;
}

/** What was chosen after every node. */
function keepChoices(
  kept: RecycledChoices,
  { tokens, parents, choices }: Verification,
): RecycledChoices {
  tokens.forEach((token, node) => {
    kept.keep(node === 0 ? BEFORE_ROOT : tokens[parents[node]], token, choices[node]);
  });
  return kept;
}

/** A step after the end adds nothing to the text and says how it ended. */
export async function checkStepAfterEnd(gpu: Gpu, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const choice = workspace.choice(1, VOCABULARY, RECORDS);
  const batch = workspace.batch([], 1);
  const tree = workspace.tree({ batch, nodes: 1, followers: 0, firstSlot: FIRST_SLOT });
  const state = { step: 5, generated: 42, finish: FINISH.endOfText };
  gpu.write(choice.state, 0, packState(100, [], state));
  const record = 2 * RECORD.byteLength();
  gpu.write(choice.records, record, Uint32Array.of(9, 9, 9));
  gpu.write(tree.moves, 0, Uint32Array.of(1));
  workspace.run(accept(gpu, tree, choice));
  const words = async (buffer: GPUBuffer, first: number, count: number) =>
    await gpu.readWords(buffer, first, count);
  const label = "accept after the end";
  const found = await words(choice.records, record / 4, 3);
  findings.equal(`${label}, record`, found, [0, FINISH.endOfText, 0]);
  const after = await words(choice.state, 0, 4);
  findings.equal(`${label}, state`, after, [6, 42, 100, FINISH.endOfText]);
  findings.equal(`${label}, rows`, await words(batch.rows, 0, 1), [0]);
  findings.equal(`${label}, moves`, await words(tree.moves, 0, 1), [0]);
  const seen = await words(choice.seen, 0, Math.ceil(VOCABULARY / 32));
  findings.equal(`${label}, seen tokens`, seen, seen.map(() => 0));
}

/** Two tokens of each chunk: few enough that trees are often right. */
const POSSIBLE_TOKENS = Array.from({ length: CHUNKS }, (_, i) => [1024 * i, 1024 * i + 33]).flat();

/** Ids that no vocabulary of this size has. */
const OUTSIDE_TOKENS = [VOCABULARY, 2 ** 32 - 1];

/**
 * A random tree in which many drafts are right, siblings often draft the same, and some ids are out
 * of range. The values of candidates are few, so that many are equal.
 */
function randomVerification(nodes: number, seed: number): Verification {
  const values = randomIntegers(nodes * CHUNKS, 100 + seed, 2);
  const sides = randomIntegers(nodes * CHUNKS, 200 + seed, 2);
  const candidates = Array.from(
    { length: nodes },
    (_, node) =>
      Array.from({ length: CHUNKS }, (_, chunk) => {
        const i = node * CHUNKS + chunk;
        return { value: values[i] - 1.5, token: POSSIBLE_TOKENS[2 * chunk + sides[i]] };
      }),
  );
  const choices = candidates.map((own) => {
    const greatest = Math.max(...own.map(({ value }) => value));
    return Math.min(...own.filter(({ value }) => value === greatest).map(({ token }) => token));
  });
  const parents = randomParents(nodes, 300 + seed, MAX_DEPTH);
  const drafts = [...POSSIBLE_TOKENS, ...OUTSIDE_TOKENS];
  const guesses = randomIntegers(nodes, 400 + seed, 2 * drafts.length);
  const tokens = guesses.map((guess, node) =>
    node > 0 && guess >= drafts.length ? choices[parents[node]] : drafts[guess % drafts.length]
  );
  return { tokens, parents, candidates, choices };
}

function packCandidates(candidates: Verification["candidates"]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * candidates.length * CHUNKS);
  const values = new Float32Array(words.buffer);
  candidates.flat().forEach(({ value, token }, i) => {
    values[2 * i] = value;
    words[2 * i + 1] = token;
  });
  return words;
}

/** Every accepted draft moves from its own slot to the one of its position. */
function expectedMoves({ nodes }: StepEnd): number[] {
  const drafts = nodes.slice(1);
  return [
    drafts.length,
    ...drafts.flatMap((node, i) => [FIRST_SLOT + node, ROOT_POSITION + 1 + i]),
  ];
}
