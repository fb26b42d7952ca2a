import { linkPhrases } from "../../../draft/phrases/phrase_table.ts";
import type { Gpu } from "../../../gpu/gpu.ts";
import { GREEDY, packSettings } from "../../../ops/choose.ts";
import { packProposal } from "../../../ops/drafting/lookup.ts";
import { MAX_DEPTH } from "../../../ops/limits.ts";
import { packState } from "../../../ops/loop_state.ts";
import { writeRowCount } from "../../../ops/rows.ts";
import { growPhrases } from "../../../ops/tree/grow_phrases.ts";
import { rowsComputed, rowWorth } from "../../../ops/tree/worth.ts";
import type { Findings } from "../../check.ts";
import { mostProbablePathsWithProposal } from "../../oracles/drafts/lookup.ts";
import { nodesWorthTheirRows } from "../../oracles/drafts/tree.ts";
import { draftsAfter, randomPhrases } from "../../oracles/drafts/phrases.ts";
import { randomChoices, type RecycledChoices } from "../../oracles/drafts/recycled.ts";
import { randomIntegers } from "../../oracles/numbers/random.ts";
import { gumbelNoise } from "../../oracles/sampling.ts";
import { Workspace } from "../../workspace.ts";
import { bestOf } from "./grow_checks.ts";
import { compareGrownTree, createRoot, type Root } from "./grown_tree.ts";
import { packPhrases, tokensOf } from "./packed_phrases.ts";
import { PHRASE_CASES, type PhraseCase } from "./phrase_cases.ts";

const SEED = 2 ** 40 + 9;
const SHARED_TOKENS = 10; // With few, the probability of a proposal can be that of a recycled choice.

/** The tree has the most probable of the paths of phrases and of the proposal. */
export async function checkPhrases(
  gpu: Gpu,
  phraseCase: PhraseCase,
  findings: Findings,
): Promise<void> {
  const { nodes, width, length, proposed, room, temperature, isCut } = phraseCase;
  const label = `a tree of ${nodes} nodes, ${width} phrases after each of ${length} tokens, ` +
    `${proposed} proposed, room for ${room} at ${temperature}${isCut ? ", cut" : ""}`;
  using workspace = new Workspace(gpu);
  const { root, phrases, recycled, text, tokens } = growTreeOf(workspace, phraseCase);
  const candidatesAfter = (path: readonly number[]) => {
    if (path.length >= Math.min(MAX_DEPTH, room - 1)) return [];
    const noiseOf = (token: number) => gumbelNoise(SEED, text.length + path.length, token);
    const drawn = temperature > 0 ? { temperature, noiseOf } : undefined;
    return draftsAfter(phrases, [...text, ...path], { recycled, drawn });
  };
  const proposal = { sharedTokens: SHARED_TOKENS, tokens };
  const paths = mostProbablePathsWithProposal(candidatesAfter, proposal, nodes);
  const best = bestOf(paths, nodes - 1, label, findings);
  const kept = nodesWorthTheirRows(
    best.map(({ logProbability }) => Math.exp(logProbability)),
    rowWorth(gpu, root.tree),
    (count) => rowsComputed(count, nodes),
  );
  findings.claim(kept.margin > 1e-5, `${label}: rounding decides what is kept; choose others`);
  const expected = best.slice(0, kept.nodes - 1).map((path) => path.tokens);
  await compareGrownTree(gpu, label, root, expected, findings);
}

/** After the end of the text nothing grows. */
export async function checkNoPhrases(gpu: Gpu, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const { root } = growTreeOf(workspace, { ...PHRASE_CASES[0], hasEnded: true });
  const found = await gpu.readWords(root.batch.rows, 0, 1);
  findings.equal("rows of phrases after the end of the text", found, [0]);
}

function growTreeOf(
  workspace: Workspace,
  { vocabularySize, width, nodes, length, room, proposed, temperature, isCut, hasEnded = false }:
    & PhraseCase
    & { hasEnded?: boolean },
): {
  root: Root;
  phrases: ReturnType<typeof randomPhrases>;
  recycled: RecycledChoices;
  text: number[];
  tokens: number[];
} {
  const { gpu } = workspace;
  const phrases = randomPhrases({ vocabularySize, width, seed: vocabularySize });
  const { slots, entries } = linkPhrases(packPhrases(phrases, width));
  const text = randomIntegers(length, 3, vocabularySize);
  const tokens = randomIntegers(Math.min(proposed, room - 1), 4, vocabularySize);
  const recycled = randomChoices([...phrases.keys()].map(tokensOf), vocabularySize);
  const proposal = {
    length: tokens.length,
    shared_tokens: SHARED_TOKENS,
    token: tokens,
    choices: recycled.words,
  };
  const root = createRoot(workspace, {
    nodes,
    deepest: MAX_DEPTH,
    levels: 1,
    followers: 0,
    position: length - 1,
    isCut,
  });
  const choice = workspace.choice(1, vocabularySize);
  gpu.write(choice.state, 0, packState(10 + room, [], { step: 1, generated: 10 }));
  gpu.write(choice.settings, 0, packSettings({ ...GREEDY, temperature, seed: SEED }));
  if (hasEnded) writeRowCount(gpu, root.batch, 0);
  workspace.run(growPhrases(gpu, {
    tree: root.tree,
    nodes,
    phrases: {
      slots: workspace.upload("slots", slots),
      phrases: workspace.upload("phrases", entries),
      width,
    },
    lookup: {
      history: workspace.upload("history", Uint32Array.from(text)),
      proposal: workspace.upload("proposal", packProposal(proposal)),
    },
    choice,
    choosing: temperature > 0 ? "sampled" : "greedy",
  }));
  return { root, phrases, recycled, text, tokens };
}
