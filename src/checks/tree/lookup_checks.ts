import { lookUp as lookUpPlainly, mostProbableMergedPaths } from "../oracles/lookup.ts";
import { randomIntegers, randomNormals } from "../oracles/random.ts";
import type { Gpu } from "../../gpu/gpu.ts";
import { growChain } from "../../ops/chain.ts";
import { packState, RECORD_WORDS } from "../../ops/choose.ts";
import { growMerged } from "../../ops/draft.ts";
import { lookUp } from "../../ops/lookup.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "../check.ts";
import { runTop } from "./draft_checks.ts";
import type { LookupCase, MergeCase } from "./lookup_cases.ts";
import { Workspace } from "../workspace.ts";

const RECORDS = 3;
const STEP = 4; // The record has wrapped around.
const FIRST_SLOT = 2000;

/** The step's tokens are appended, and what followed the longest shared run is proposed as a chain. */
export async function checkLookup(
  gpu: Gpu,
  lookupCase: LookupCase,
  findings: Findings,
): Promise<void> {
  const { length, alphabet, drafts, emitted, room, shortest, longest } = lookupCase;
  const label = `a text of ${length} tokens of ${alphabet}, room for ${room}`;
  using workspace = new Workspace(gpu);
  const text = randomIntegers(length, length, alphabet);
  const known = text.slice(0, length - emitted);
  const lookup = {
    history: workspace.upload(
      "history",
      Uint32Array.from([...known, ...text.slice(-emitted).fill(0)]),
    ),
    proposal: workspace.words("proposal", 2 + drafts),
    drafts,
  };
  const batch = workspace.batch([textRow(text[length - 1], length - 1)], 1 + drafts, drafts);
  const tree = workspace.tree({ batch, nodes: 1 + drafts, followers: 1, firstSlot: FIRST_SLOT });
  const choice = workspace.choice(1, alphabet, RECORDS);
  const state = packState(10 + room, []) as Uint32Array<ArrayBuffer>;
  state.set([STEP, 10]);
  gpu.write(choice.state, 0, state);
  const record = Uint32Array.of(emitted, 0, ...text.slice(-emitted));
  gpu.write(choice.records, (STEP - 1) % RECORDS * RECORD_WORDS * 4, record);
  gpu.write(tree.followers.rows, 0, Uint32Array.of(1));

  const expected = lookUpPlainly(text, { shortest, longest }, Math.min(drafts, room - 1));
  const { sharedTokens, tokens } = expected;
  // One more than is shared leaves the followers; as many send them away.
  for (const enough of [sharedTokens + 1, ...(sharedTokens > 0 ? [sharedTokens] : [])]) {
    workspace.run(lookUp(gpu, tree, choice, lookup, { shortest, longest, enough }));
    const followers = await gpu.readWords(tree.followers.rows, 0, 1);
    findings.equal(`${label}, followers`, followers, [enough > sharedTokens ? 1 : 0]);
  }
  findings.equal(`${label}, history`, await gpu.readWords(lookup.history, 0, length), text);
  const words = [tokens.length, sharedTokens, ...tokens];
  findings.equal(label, await gpu.readWords(lookup.proposal, 0, words.length), words);

  workspace.run(growChain(gpu, tree, lookup.proposal));
  const root = [text[length - 1], length - 1, length - 1, length];
  const nodes = tokens.flatMap((token, i) => [token, length + i, FIRST_SLOT + 1 + i, length]);
  const rows = [1 + tokens.length, ...root, ...nodes];
  findings.equal(`${label}, chain`, await gpu.readWords(batch.rows, 0, rows.length), rows);
}

/** The tree has the oracle's paths: the most probable of both kinds of drafts. */
export async function checkMerge(
  gpu: Gpu,
  mergeCase: MergeCase,
  findings: Findings,
): Promise<void> {
  const { vocabularySize, depth, ranks, nodes, room, proposed, sharedTokens } = mergeCase;
  const label = `a tree of ${nodes} nodes from ${depth} depths and ${proposed} proposed tokens`;
  using workspace = new Workspace(gpu);
  const levels = Math.max(1, depth);
  const logits = randomNormals(levels * vocabularySize, nodes + depth, 1.5);
  const top = runTop(workspace, logits, { rows: levels, vocabularySize, ranks });
  const tokens = randomIntegers(proposed, 11 + nodes, vocabularySize);
  const proposal = workspace.upload("proposal", Uint32Array.of(proposed, sharedTokens, ...tokens));
  const position = 30;
  const deepest = Math.max(levels, proposed);
  const batch = workspace.batch([textRow(5, position)], nodes, deepest);
  const tree = workspace.tree({ batch, nodes, followers: levels, firstSlot: FIRST_SLOT });
  gpu.write(tree.followers.rows, 0, Uint32Array.of(depth));
  const state = workspace.upload("state", packState(room, []));
  workspace.run(growMerged(gpu, { tree, nodes, top, state, proposal }));

  const candidates = Array.from({ length: Math.min(depth, room - 1) }, (_, level) => {
    const own = logits.subarray(level * vocabularySize, (level + 1) * vocabularySize);
    const sum = own.reduce((all, logit) => all + Math.exp(logit), 0);
    return Array.from(own, (logit, token) => ({ token, logProbability: logit - Math.log(sum) }))
      .sort((a, b) => b.logProbability - a.logProbability).slice(0, top.ranks);
  });
  const paths = mostProbableMergedPaths(candidates, { sharedTokens, tokens }, nodes);
  for (let i = 1; i < paths.length; i++) {
    const gap = paths[i - 1].logProbability - paths[i].logProbability;
    findings.claim(gap > 1e-5, `${label}: path ${i} hangs on the last digits; choose other logits`);
  }
  const expected = paths.slice(0, nodes - 1).map((path) => path.tokens);
  const nodeOf = new Map(expected.map((path, i) => [path.join(), i + 1]));
  const parents = expected.map((path) => nodeOf.get(path.slice(0, -1).join()) ?? 0);
  const rows = expected.flatMap((path, i) => [
    path[path.length - 1],
    position + path.length,
    FIRST_SLOT + i + 1,
    position + 1,
  ]);
  const found = await gpu.readWords(batch.rows, 0, 5 + rows.length);
  const root = [5, position, position, position + 1];
  findings.equal(`${label}, rows`, found, [expected.length + 1, ...root, ...rows]);
  const foundParents = await gpu.readWords(tree.parents, 1, parents.length);
  findings.equal(`${label}, parents`, foundParents, parents);
  const ancestors = await gpu.readWords(batch.ancestors);
  expected.forEach((path, i) => {
    const own = path.map((_, j) => FIRST_SLOT + nodeOf.get(path.slice(0, j + 1).join())!);
    const first = (i + 1) * batch.ancestorRoom;
    const slots = ancestors.slice(first, first + path.length);
    findings.equal(`${label}, ancestors of node ${i + 1}`, slots, own);
  });
}
