import type { Gpu } from "../../../gpu/gpu.ts";
import { createSettings, GREEDY, packSettings } from "../../../ops/choose.ts";
import { linkPhrases } from "../../../draft/phrases/phrase_table.ts";
import { packProposal } from "../../../ops/drafting/lookup.ts";
import { outputStride } from "../../../ops/products/matmul.ts";
import { NO_TOKEN } from "../../../format/trained/phrases.ts";
import { MAX_DEPTH } from "../../../ops/limits.ts";
import type { PhraseBuffers } from "../../../ops/drafting/phrases.ts";
import { textRow } from "../../../ops/rows.ts";
import { CHILD, createChildren, PHRASE_SHARES, uploadFactors } from "../../../ops/tree/children.ts";
import { growTree, growWithProposal } from "../../../ops/tree/grow.ts";
import { type DraftWeighing, findTop, weighingConstants } from "../../../ops/tree/top.ts";
import type { Findings } from "../../check.ts";
import { mostProbablePathsWithProposal } from "../../oracles/drafts/lookup.ts";
import { draftsAfter, mixChoice, randomPhrases } from "../../oracles/drafts/phrases.ts";
import { randomChoices, RecycledChoices } from "../../oracles/drafts/recycled.ts";
import { randomIntegers, randomNormals } from "../../oracles/numbers/random.ts";
import { gumbelNoise } from "../../oracles/sampling.ts";
import { EPSILON } from "../../precision.ts";
import { noiseTolerance } from "../../sampling/judged_row.ts";
import { Workspace } from "../../workspace.ts";
import { type Child, compareChildren, type RankedLists } from "./children_checks.ts";
import { listedTokens } from "../candidates/top_cases.ts";
import { type RankedCase, USUAL_RANKED } from "./ranked_cases.ts";
import { bestOf } from "./grow_checks.ts";
import { compareGrownTree, createRoot, type Root, ROOT_TOKEN } from "./grown_tree.ts";
import { packPhrases, tokensOf } from "./packed_phrases.ts";
import { ROOT_POSITION } from "../tree_rows.ts";

/** A grown tree, the lists of children that it was grown from, and what proposed drafts beside them. */
interface Grown {
  root: Root;
  ranked: RankedLists;
  proposal: { sharedTokens: number; tokens: number[] };
}

/** Of the text that is drafted. */
const SEED = 9;

/** The two tokens before the root, the newer last. */
const PREVIOUS = [3, 1];

/** Of a text that goes on for long. */
const LONG = 100;

/**
 * The lists of children are the oracle's, and the tree has the most probable of the paths whose every draft
 * comes from its parent's own list.
 */
export async function checkRanked(
  gpu: Gpu,
  rankedCase: RankedCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { depth, ranks, nodes, proposed = 0, phraseWidth = 0 } = rankedCase;
  const label =
    `a tree of ${nodes} nodes, ${depth} lists of ${ranks}, ${proposed} proposed tokens, ` +
    `${phraseWidth} phrases`;
  const { root, ranked, proposal } = await growRanked(workspace, rankedCase);
  compareChildren(label, rankedCase, ranked, findings);
  findings.equal(`${label}, depths without lists`, ranked.rest, ranked.rest.map(() => 0));
  const lists = [...ranked.lists, ...ranked.later];
  const paths = mostProbablePathsWithProposal(
    (path) => listAfter(lists, ranked.lists.length, path),
    proposal,
    nodes,
  );
  const expected = bestOf(paths, nodes - 1, label, findings).map((path) => path.tokens);
  await compareGrownTree(gpu, label, root, expected, findings);
}

/** Where nothing follows no list is written, and the root stays alone. */
export async function checkNoChildren(gpu: Gpu, findings: Findings): Promise<void> {
  using workspace = new Workspace(gpu);
  const sizes = { ...USUAL_RANKED, spread: 1, followers: 0 };
  const { root, ranked } = await growRanked(workspace, sizes);
  findings.equal("children where nothing follows", ranked.rest, ranked.rest.map(() => 0));
  await compareGrownTree(gpu, "a ranked tree where nothing follows", root, [], findings);
}

/** Queues the search for candidates and the growth. */
async function growRanked(workspace: Workspace, rankedCase: RankedCase): Promise<Grown> {
  const { gpu } = workspace;
  const { depth, ranks, rank, nodes, vocabularySize, proposed = 0, length } = rankedCase;
  const { followers = depth, isListed = false, phraseWidth, room = LONG } = rankedCase;
  const logits = workspace.logits(
    randomNormals(depth * vocabularySize, 21, 2),
    vocabularySize,
  );
  const listed = listedTokens(vocabularySize);
  const tokens = isListed ? workspace.upload("tokens", listed) : undefined;
  const top = workspace.top({ rows: depth, ranks, vocabularySize, tokens });
  const batch = workspace.batch(Array.from({ length: depth }, (_, i) => textRow(0, 100 + i)));
  const weighing = weighingOf(workspace, rankedCase);
  const factors = factorsOf(rankedCase);
  const children = workspace.keep(
    createChildren(gpu, top, { hasPhrases: phraseWidth !== undefined }),
  );
  const parents = rank === 0 ? undefined : {
    factors: workspace.keep(uploadFactors(gpu, factors, isListed ? listed : undefined)),
    rank,
  };
  const { phrases, recycled, said } = phrasesOf(workspace, rankedCase) ?? {};
  const goesOn = phrases !== undefined && followers === depth;
  const laterEnd = goesOn ? Math.max(depth, Math.min(MAX_DEPTH, nodes - 1, room)) : 0;
  const deepest = Math.max(depth, proposed, laterEnd);
  const position = length === undefined ? undefined : length - 1;
  const root = createRoot(workspace, { nodes, deepest, levels: depth, followers, position });
  const ranking = { parents, children, weighing };
  const inputs = { tree: root.tree, nodes, top };
  const proposal = {
    sharedTokens: proposed === 0 ? 0 : 2,
    tokens: randomIntegers(proposed, 31, vocabularySize),
  };
  workspace.run(
    findTop(gpu, batch, logits, top, weighing),
    proposed === 0 && !phrases ? growTree(gpu, { ...inputs, ranking }) : growWithProposal(gpu, {
      ...inputs,
      ranking: { ...ranking, phrases },
      proposal: uploadProposal(workspace, proposal, { followers, room, choices: recycled?.words }),
    }),
  );
  const words = await gpu.readWords(children);
  const wordsOfDepth = (top.ranks + 1) * top.ranks * CHILD.byteLength() / 4;
  const { SHARPNESS: sharpness } = weighingConstants(weighing);
  const scale = weighing?.isDrawn ? 1 : sharpness; // Drawn ones were weighed in place.
  const ranked = {
    rest: words.subarray((laterEnd || followers) * wordsOfDepth),
    lists: listsOf(words, { ranks: top.ranks, columns: top.ranks }).slice(0, followers),
    later: listsOf(words, { ranks: top.ranks, columns: phraseWidth ?? 0 }).slice(depth, laterEnd),
    logits: scaledRows(await gpu.readFloats(logits), { rows: depth, vocabularySize, scale }),
    factors,
    sharpness,
    said,
  };
  return { root, ranked, proposal };
}

/** The logits of each row times `scale`. */
function scaledRows(
  logits: Float32Array,
  { rows, vocabularySize, scale }: { rows: number; vocabularySize: number; scale: number },
): Float64Array[] {
  return Array.from({ length: rows }, (_, row) => {
    const first = row * outputStride(vocabularySize);
    const own = logits.subarray(first, first + vocabularySize);
    return Float64Array.from(own, (logit) => scale * logit);
  });
}

function weighingOf(
  workspace: Workspace,
  { temperature }: RankedCase,
): DraftWeighing | undefined {
  if (temperature === undefined) return undefined;
  const settings = workspace.keep(createSettings(workspace.gpu, 1));
  workspace.gpu.write(settings, 0, packSettings({ ...GREEDY, temperature, seed: SEED }));
  return { settings, isDrawn: temperature > 0 };
}

function uploadProposal(
  workspace: Workspace,
  { sharedTokens, tokens }: Grown["proposal"],
  { followers, room, choices }: {
    followers: number;
    room: number;
    choices: Uint32Array | undefined;
  },
): GPUBuffer {
  return workspace.upload(
    "proposal",
    packProposal({
      length: tokens.length,
      shared_tokens: sharedTokens,
      followers,
      room,
      previous: PREVIOUS,
      token: tokens,
      ...(choices && { choices }),
    }),
  );
}

/** Phrases that are mixed in, and what they say after a path below the root. */
function phrasesOf(
  workspace: Workspace,
  { vocabularySize, isListed, phraseWidth: width, temperature = 0, length, depth }: RankedCase,
): { phrases: PhraseBuffers; recycled: RecycledChoices; said: RankedLists["said"] } | undefined {
  if (width === undefined) return undefined;
  const tokens = Math.max(ROOT_TOKEN + 1, isListed ? 3 * vocabularySize : vocabularySize);
  const phrases = randomPhrases({ vocabularySize: tokens, width, seed: 3 });
  // Lists that the text's last two and three tokens alone have.
  for (const first of [1, 0]) {
    const context = [...PREVIOUS, ROOT_TOKEN].slice(first).join(" ");
    phrases.set(context, phrases.get(`${first}`)!);
  }
  const { slots, entries } = linkPhrases(packPhrases(phrases, width));
  const recycled = randomChoices([...phrases.keys()].map(tokensOf), vocabularySize);
  const text = [...PREVIOUS, ROOT_TOKEN].slice(-(length ?? 3));
  const first = length ?? ROOT_POSITION + 1; // Position of the first draft.
  return {
    phrases: {
      slots: workspace.upload("slots", slots),
      phrases: workspace.upload("phrases", entries),
      width,
    },
    recycled,
    said(path) {
      const noiseOf = (token: number) => gumbelNoise(SEED, first + path.length, token);
      const drawn = temperature > 0 ? { temperature, noiseOf } : undefined;
      const all = [...text, ...path];
      const said = draftsAfter(phrases, all, { drawn });
      const choice = recycled.after(all.at(-2) ?? RecycledChoices.NONE, all[all.length - 1]);
      const drafts = path.length < depth ? mixChoice(said, choice) : said;
      const scores = drafts.map(({ token }) => temperature * noiseTolerance(noiseOf(token)));
      return {
        drafts,
        share: path.length === 0 ? PHRASE_SHARES.first : PHRASE_SHARES.later,
        tolerance: 2 * Math.max(0, ...scores) + 64 * EPSILON,
      };
    },
  };
}

/** [levels, ranks + 1, at most `columns`]. */
function listsOf(
  words: Uint32Array,
  { ranks, columns }: { ranks: number; columns: number },
): Child[][][] {
  const all = CHILD.unpackAll(words)
    .map(({ value, token, list }) => ({ logProbability: value, token, list }));
  return Array.from(
    { length: all.length / (ranks + 1) / ranks },
    (_, level) =>
      Array.from({ length: ranks + 1 }, (_, list) => {
        const first = (level * (ranks + 1) + list) * ranks;
        return all.slice(first, first + Math.min(ranks, columns))
          .filter(({ token }) => token !== NO_TOKEN);
      }),
  );
}

/**
 * What may come after the tokens of a path: list 0 after one that is not among the candidates of its depth, of
 * which the first `followers` depths have the same after every parent.
 */
function listAfter(
  levels: readonly (readonly (readonly Child[])[])[],
  followers: number,
  path: readonly number[],
): readonly Child[] {
  let list = 0;
  path.forEach((token, level) => {
    const own = levels[level]?.[level < followers ? 0 : list];
    list = own?.find((child) => child.token === token)?.list ?? 0;
  });
  return levels[path.length]?.[list] ?? [];
}

/** [2, vocabularySize, rank]: products of two tokens' factors deviate by `spread`. */
function factorsOf({ vocabularySize, rank, spread }: RankedCase): Float32Array<ArrayBuffer> {
  return randomNormals(2 * vocabularySize * rank, 22, Math.sqrt(spread / Math.sqrt(rank)));
}
