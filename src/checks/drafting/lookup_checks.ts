import type { Gpu } from "../../gpu/gpu.ts";
import { FINISH, packState, RECORD } from "../../ops/loop_state.ts";
import { lookUp, packProposal, PROPOSAL } from "../../ops/drafting/lookup.ts";
import { type RowBatch, textRow, writeRowCount } from "../../ops/rows.ts";
import type { TreeBuffers } from "../../ops/tree/accept.ts";
import type { Findings } from "../check.ts";
import { lookUp as lookUpPlainly } from "../oracles/drafts/lookup.ts";
import { randomIntegers } from "../oracles/numbers/random.ts";
import { Workspace } from "../workspace.ts";
import { type CommitCase, draftedCache } from "../tree/verify/commit_cases.ts";
import type { LookupCase } from "./lookup_cases.ts";

const RECORDS = 3;
const STEP = 4; // The record has wrapped around.
const FIRST_SLOT = 2000;

/** A step that has added tokens to a text, and what is proposed after them. */
function lookupStep(gpu: Gpu, workspace: Workspace, lookupCase: LookupCase) {
  const { length, alphabet, drafts, emitted, room, shortest, longest } = lookupCase;
  const text = randomIntegers(length, length, alphabet);
  const known = text.slice(0, length - emitted);
  const lookup = {
    history: workspace.upload(
      "history",
      Uint32Array.from([...known, ...text.slice(-emitted).fill(0)]),
    ),
    proposal: workspace.words("proposal", PROPOSAL.byteLength(1) / 4),
    drafts,
  };
  const batch = workspace.batch([textRow(text[length - 1], length - 1)], 1 + drafts, drafts);
  const tree = workspace.tree({ batch, nodes: 1 + drafts, followers: 1, firstSlot: FIRST_SLOT });
  const choice = workspace.choice(1, alphabet, RECORDS);
  gpu.write(choice.state, 0, packState(10 + room, [], { step: STEP, generated: 10 }));
  const record = Uint32Array.of(emitted, FINISH.running, 1, ...text.slice(-emitted));
  gpu.write(choice.records, (STEP - 1) % RECORDS * RECORD.byteLength(), record);
  writeRowCount(gpu, tree.followers, 1);
  const expected = lookUpPlainly(text, { shortest, longest }, Math.min(drafts, room - 1));
  return { text, lookup, batch, tree, choice, expected };
}

/** The step's tokens are appended, and what followed the longest shared run is proposed as a chain. */
export async function checkLookup(
  gpu: Gpu,
  lookupCase: LookupCase,
  findings: Findings,
): Promise<void> {
  const { length, alphabet, drafts, room, shortest, longest } = lookupCase;
  const label = `a text of ${length} tokens of ${alphabet}, room for ${room}`;
  using workspace = new Workspace(gpu);
  const { text, lookup, batch, tree, choice, expected } = lookupStep(gpu, workspace, lookupCase);
  const { sharedTokens, tokens } = expected;
  // One more than is shared leaves the followers; as many send them away.
  for (const enough of [sharedTokens + 1, ...(sharedTokens > 0 ? [sharedTokens] : [])]) {
    workspace.run(
      lookUp(gpu, tree, choice, { buffers: lookup, shared: { shortest, longest, enough } }),
    );
    const followers = await gpu.readWords(tree.followers.rows, 0, 1);
    const expected = enough > sharedTokens ? 1 : 0;
    findings.equal(`${label}, followers`, followers, [expected]);
    const told = PROPOSAL.unpack(await gpu.readWords(lookup.proposal));
    findings.equal(`${label}, room`, [told.followers, told.room], [expected, room - 1]);
    const previous = told.previous.slice(Math.max(0, 3 - length));
    findings.equal(`${label}, tokens before`, previous, text.slice(-3, -1));
  }
  findings.equal(`${label}, history`, await gpu.readWords(lookup.history, 0, length), text);
  const { proposal } = lookup;
  const counts = [tokens.length, sharedTokens];
  findings.equal(`${label}, counts`, await gpu.readWords(proposal, 0, 2), counts);
  const first = PROPOSAL.offsetOf("token") / 4;
  findings.equal(label, await gpu.readWords(proposal, first, tokens.length), tokens);

  const shared = { shortest, longest };
  workspace.run(lookUp(gpu, tree, choice, { buffers: lookup, shared, grown: 1 + drafts }));
  await checkChain(gpu, { label, batch, tree, text, tokens }, findings);
}

/** A lookup and the commit that runs in its dispatch do what each does alone. */
export async function checkLookupWithCommit(
  gpu: Gpu,
  { lookup: lookupCase, commit: commitCase }: { lookup: LookupCase; commit: CommitCase },
  findings: Findings,
): Promise<void> {
  const { drafts, shortest, longest, length } = lookupCase;
  const label = `a text of ${length} tokens, ${commitCase.drafts} drafts kept`;
  using workspace = new Workspace(gpu);
  const { text, lookup, batch, tree, choice, expected: { tokens, sharedTokens } } = lookupStep(
    gpu,
    workspace,
    lookupCase,
  );
  const { layers, expected } = draftedCache(gpu, workspace, tree, commitCase);
  const how = { buffers: lookup, shared: { shortest, longest }, grown: 1 + drafts };
  workspace.run(lookUp(gpu, tree, choice, how, layers));
  const cache = await gpu.readWords(layers.buffer, 0, expected.length);
  findings.equal(`${label}, cache`, cache, expected);
  findings.equal(`${label}, history`, await gpu.readWords(lookup.history, 0, length), text);
  const proposal = PROPOSAL.unpack(await gpu.readWords(lookup.proposal));
  findings.equal(`${label}, counts`, [proposal.length, proposal.shared_tokens], [
    tokens.length,
    sharedTokens,
  ]);
  await checkChain(gpu, { label, batch, tree, text, tokens }, findings);
}

/** A text with the chain that was proposed after it, and where it was written. */
interface Chain {
  label: string;
  batch: RowBatch;
  tree: TreeBuffers;
  text: readonly number[];
  tokens: readonly number[];
}

/** The chain's rows, parents and ancestors. */
async function checkChain(
  gpu: Gpu,
  { label, batch, tree, text, tokens }: Chain,
  findings: Findings,
): Promise<void> {
  const { length } = text;
  const root = [text[length - 1], length - 1, length - 1, length];
  const nodes = tokens.flatMap((token, i) => [token, length + i, FIRST_SLOT + 1 + i, length]);
  const rows = [1 + tokens.length, ...root, ...nodes];
  findings.equal(`${label}, chain`, await gpu.readWords(batch.rows, 0, rows.length), rows);
  const parents = await gpu.readWords(tree.parents, 0, 1 + tokens.length);
  findings.equal(`${label}, parents`, parents.subarray(1), tokens.map((_, i) => i));
  const { ancestors, ancestorRoom } = batch;
  const slots = await gpu.readWords(ancestors, 0, (1 + tokens.length) * ancestorRoom);
  const found = tokens.flatMap((_, i) => {
    const first = (1 + i) * ancestorRoom;
    return [...slots.subarray(first, first + 1 + i)];
  });
  const path = tokens.map((_, i) => FIRST_SLOT + 1 + i);
  findings.equal(`${label}, ancestors`, found, tokens.flatMap((_, i) => path.slice(0, 1 + i)));
}

/** A step that has added the last token of a text, of tokens below 10, and lookups of up to `drafts` tokens. */
function shortText(
  gpu: Gpu,
  workspace: Workspace,
  { text, drafts }: { text: readonly number[]; drafts: number },
) {
  const last = text.length - 1;
  const proposal = workspace.upload("proposal", packProposal({}));
  const lookup = { history: workspace.upload("history", Uint32Array.from(text)), proposal, drafts };
  const batch = workspace.batch([textRow(text[last], last)], 1 + drafts, drafts);
  const tree = workspace.tree({ batch, nodes: 1 + drafts, followers: 1, firstSlot: FIRST_SLOT });
  const choice = workspace.choice(1, 10, RECORDS);
  gpu.write(choice.state, 0, packState(10, [], { step: 1, generated: 1 }));
  gpu.write(choice.records, 0, Uint32Array.of(1, FINISH.running, 1, text[last]));
  return { lookup, batch, tree, choice };
}

/** A guess that was right raises the trust in its kind of place, one that was wrong lowers it. */
export async function checkTrust(gpu: Gpu, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const [drafts, before] = [2, [0.3, 0.5, 0.6]];
  const { lookup, batch, tree, choice } = shortText(gpu, workspace, { text: [1, 2, 1], drafts });
  const { proposal } = lookup;
  for (const guess of [1, 2]) {
    gpu.write(proposal, 0, packProposal({ shared_tokens: 1, guess, trust: before }));
    const shared = { shortest: 1, longest: 8, leastTrust: before[0], fewDrafts: 1 };
    workspace.run(lookUp(gpu, tree, choice, { buffers: lookup, shared, grown: 1 + drafts }));
    const found = PROPOSAL.unpack(await gpu.readWords(proposal));
    const isRight = guess === 1;
    const label = `trust after a guess that was ${isRight ? "right" : "wrong"}`;
    const expected = before[0] + (Number(isRight) - before[0]) / 8;
    findings.close(label, found.trust, [expected, ...before.slice(1)], [1e-6, 1e-6, 1e-6]);
    const length = isRight ? 1 : 0; // Without trust nothing is proposed, but it is guessed.
    findings.equal(`${label}, proposal`, [found.length, found.guess], [length, 2]);
    findings.equal(`${label}, rows`, await gpu.readWords(batch.rows, 0, 1), [1 + length]);
  }
}

/** Where fewer than four tokens are shared, fewer are proposed. */
export async function checkFewDrafts(gpu: Gpu, findings: Findings): Promise<void> {
  for (const count of [1, 3, 4, 5]) {
    using workspace = new Workspace(gpu);
    const shared = [1, 2, 3, 4, 5].slice(-count);
    const text = [9, ...shared, 8, 7, 6, ...shared];
    const { lookup, tree, choice } = shortText(gpu, workspace, { text, drafts: 3 });
    const places = { shortest: 1, longest: 8, fewDrafts: 2 };
    workspace.run(lookUp(gpu, tree, choice, { buffers: lookup, shared: places }));
    const found = PROPOSAL.unpack(await gpu.readWords(lookup.proposal));
    findings.equal(`${count} shared`, [found.shared_tokens, found.length], [
      count,
      count < 4 ? 2 : 3,
    ]);
  }
}
