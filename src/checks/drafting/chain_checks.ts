import type { Gpu } from "../../gpu/gpu.ts";
import { CANDIDATE, packSeen, seenWords } from "../../ops/choose.ts";
import {
  beginChain,
  type ChainDraft,
  type ChainInputs,
  extendChain,
  writeChain,
} from "../../ops/drafting/chain.ts";
import { packState } from "../../ops/loop_state.ts";
import { textRow, writeRowCount } from "../../ops/rows.ts";
import { MASS } from "../../ops/tree/top.ts";
import type { Findings } from "../check.ts";
import { randomNormals } from "../oracles/numbers/random.ts";
import { Workspace } from "../workspace.ts";

/** A chain of drafts that a model makes, a token per pass. */
export interface ChainCase {
  /** Most drafts. */
  drafts: number;
  /** Tokens that the text may still have. */
  room: number;
  /** Whether the text has ended. */
  isOver?: boolean;
  /** Least probability of a draft that another comes after, and the probability of each. */
  confidence?: { least: number; probabilities: readonly number[] };
  /** Candidates of each draft, and parts of the vocabulary. */
  candidates: number;
}

/** Chains that end for each of the reasons there are. */
export const CHAIN_CASES: readonly ChainCase[] = [
  { drafts: 4, room: 9, candidates: 300 },
  { drafts: 4, room: 3, candidates: 5 },
  { drafts: 4, room: 1, candidates: 1 },
  { drafts: 4, room: 9, isOver: true, candidates: 5 },
  {
    drafts: 4,
    room: 9,
    confidence: { least: 0.4, probabilities: [0.9, 0.41, 0.39, 0.9] },
    candidates: 300,
  },
  {
    drafts: 4,
    room: 4,
    confidence: { least: 0.4, probabilities: [0.5, 0.6, 0.7, 0.8] },
    candidates: 5,
  },
];

const VOCABULARY = 2100;
const SEEN = [0, 31, 77, 2099];
const ROOT = textRow(77, 12);
const FIRST_SLOT = 500;
const GENERATED = 6;

/** The tokens that are drafted, unless the chain ends before. */
const TOKENS = [1500, 32, 2098, 5];

/** The drafts of a chain: up to the first that is less probable than it takes to go on, as far as there is room. */
function draftsOf({ drafts, room, isOver, confidence }: ChainCase): number[] {
  const most = isOver ? 0 : Math.min(drafts, room - 1); // The last token needs no draft after it.
  const { least, probabilities } = confidence ?? { least: 0, probabilities: [] };
  const doubtful = probabilities.findIndex((probability) => probability < least);
  return TOKENS.slice(0, doubtful < 0 ? most : Math.min(most, doubtful + 1));
}

/** A chain grows by the best candidate of each pass, and by nothing after its end, however many passes there are. */
export async function checkChain(
  gpu: Gpu,
  chainCase: ChainCase,
  findings: Findings,
): Promise<void> {
  const { drafts, room, isOver = false, confidence } = chainCase;
  const label = `${drafts} drafts, room for ${room}` +
    (confidence ? `, ${confidence.least} sure` : "") + (isOver ? ", after the end" : "");
  using workspace = new Workspace(gpu);
  const chain = startedChain(workspace, chainCase);
  const { tree, batch, draftSeen } = chain;
  workspace.run(beginChain(gpu, chain));
  const begins = !isOver && room > 1;
  const root = [ROOT.token, ROOT.position, ROOT.slot, ROOT.prefix];
  const first = [begins ? 1 : 0, ...root];
  findings.equal(`${label}, first row`, await gpu.readWords(batch.rows, 0, 5), first);
  const seen = () => gpu.readWords(draftSeen, 0, seenWords(VOCABULARY));
  findings.equal(`${label}, seen`, await seen(), packSeen(VOCABULARY, SEEN));

  for (let pass = 0; pass <= drafts; pass++) {
    workspace.run(extendChain(gpu, chain, draftOf(workspace, chainCase, pass)));
  }
  const tokens = draftsOf(chainCase);
  const nodes = tokens.flatMap((token, i) => [
    token,
    ROOT.position + 1 + i,
    FIRST_SLOT + 1 + i,
    ROOT.position + 1,
  ]);
  const rows = [isOver ? 0 : 1 + tokens.length, ...root, ...nodes];
  findings.equal(
    `${label}, chain`,
    await gpu.readWords(tree.batch.rows, 0, rows.length),
    rows,
  );
  findings.equal(`${label}, rows left`, await gpu.readWords(batch.rows, 0, 1), [0]);
  findings.equal(`${label}, seen after`, await seen(), packSeen(VOCABULARY, [...SEEN, ...tokens]));
}

/** The root of a chain, which is to begin. */
function startedChain(workspace: Workspace, { drafts, room, isOver }: ChainCase): ChainInputs {
  const { gpu } = workspace;
  const rows = workspace.batch([ROOT], 1 + drafts, drafts);
  if (isOver) writeRowCount(gpu, rows, 0);
  const tree = workspace.tree({
    batch: rows,
    nodes: 1 + drafts,
    followers: 0,
    firstSlot: FIRST_SLOT,
  });
  writeChain(gpu, tree, 1 + drafts);
  const choice = workspace.choice(1, VOCABULARY);
  gpu.write(choice.state, 0, packState(GENERATED + room, [], { generated: GENERATED }));
  gpu.write(choice.seen, 0, packSeen(VOCABULARY, SEEN));
  const draftSeen = workspace.words("seen in drafting", seenWords(VOCABULARY));
  return { tree, choice, batch: workspace.batch([], 1), draftSeen };
}

/** What a drafting pass leaves: candidates, two equal ones the best, and what the probability is made of. */
function draftOf(
  workspace: Workspace,
  { drafts, confidence, candidates: count }: ChainCase,
  pass: number,
): ChainDraft {
  const token = TOKENS[pass % TOKENS.length];
  const values = randomNormals(count, pass);
  const list = Array.from(values, (value, i) => ({ value, token: i }));
  list[count - 1] = { value: 9, token: token + 1 };
  list[(61 * pass + 3) % count] = { value: 9, token };
  const candidates = { buffer: workspace.upload("candidates", CANDIDATE.pack(...list)), count };
  if (!confidence) return { candidates, drafts };
  const { least, probabilities } = confidence;
  const masses = Array.from(values, (greatest, i) => ({ greatest, sum: 1 + i % 3 }));
  const total = masses.reduce((sum, { greatest, sum: part }) => sum + part * Math.exp(greatest), 0);
  const logits = new Float32Array(VOCABULARY).fill(99); // Of a token that is not asked for.
  logits[token] = Math.log(total * (probabilities[pass] ?? 1));
  return {
    candidates,
    drafts,
    confidence: {
      least,
      logits: workspace.upload("logits", logits),
      masses: workspace.upload("masses", MASS.pack(...masses)),
      massCount: count,
    },
  };
}
