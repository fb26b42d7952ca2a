import type { Gpu } from "../gpu/gpu.ts";
import { heads } from "../ops/heads.ts";
import { ATTENTION_CASES, LONG_ATTENTION_CASES } from "./attention/attention_cases.ts";
import { checkAttention } from "./attention/attention_checks.ts";
import { attentionPool, textAttentionPool } from "./attention/attention_pool.ts";
import { check, type Findings, type KernelCheck } from "./check.ts";
import { ADD_EXPERTS_CASES, EXPERT_PRODUCT_CASES, ROUTING_CASES } from "./experts/expert_cases.ts";
import { checkAddExperts, checkExpertProducts, checkRouting } from "./experts/expert_checks.ts";
import { expertPool } from "./experts/expert_pool.ts";
import { BATCH_SIZES, checkRowInvariance, type PooledKernel, SOME_SIZES } from "./invariance.ts";
import {
  ADD_NORMED_CASES,
  checkAddNormed,
  checkNormedHeads,
  NORMED_HEADS_CASES,
} from "./norms/norm_checks.ts";
import {
  checkLayerNorm,
  LAYER_NORM_CASES,
  layerNormedProductPool,
  layerNormPool,
} from "./norms/layer_norm_checks.ts";
import { joinedNormPool } from "./norms/joined_norm_pool.ts";
import { addNormedPool, normedHeadsPool } from "./norms/norm_pools.ts";
import { checkEmbed, EMBED_CASES } from "./products/embed_checks.ts";
import {
  BLOCK_CASES,
  CLAMPED_GATED_CASES,
  GATED_CASES,
  HEADS_CASES,
  RESIDUAL_CASES,
  STORE_CASES,
  UNGATED_CASES,
} from "./products/product_cases.ts";
import {
  checkAttentionInputs,
  checkBlocks,
  checkClampedGated,
  checkGated,
  checkResidual,
  checkStore,
  checkUngated,
} from "./products/product_checks.ts";
import {
  attentionInputsPool,
  blockPool,
  embedPool,
  gatedPool,
  residualPool,
  storePool,
  ungatedPool,
} from "./products/product_pools.ts";
import { describeStorage, permuted, QUANTISED } from "./products/storages.ts";
import { PLAIN, SAMPLING_CASES } from "./sampling/sampling_cases.ts";
import { checkNoise, checkSampling } from "./sampling/sampling_checks.ts";
import { samplingPool } from "./sampling/sampling_pool.ts";
import { ACCEPT_CASES } from "./tree/verify/accept_cases.ts";
import { checkAccept, checkStepAfterEnd } from "./tree/verify/accept_checks.ts";
import { CHAIN_CASES, checkChain } from "./drafting/chain_checks.ts";
import { checkInPassRows, IN_PASS_CASES } from "./drafting/in_pass_checks.ts";
import { COMMIT_CASES } from "./tree/verify/commit_cases.ts";
import { checkCommit } from "./tree/verify/commit_checks.ts";
import { checkTrim } from "./tree/verify/trim_checks.ts";
import { GROW_CASES, PROPOSAL_CASES } from "./tree/grow/grow_cases.ts";
import { MIXED_CASES, RANKED_CASES } from "./tree/grow/ranked_cases.ts";
import { TOP_CASES } from "./tree/candidates/top_cases.ts";
import { checkGrow, checkGrowWithProposal, checkNoGrowth } from "./tree/grow/grow_checks.ts";
import { LOOKUP_CASES, LOOKUPS_WITH_COMMITS } from "./drafting/lookup_cases.ts";
import {
  checkFewDrafts,
  checkLookup,
  checkLookupWithCommit,
  checkTrust,
} from "./drafting/lookup_checks.ts";
import { PHRASE_CASES } from "./tree/grow/phrase_cases.ts";
import { checkNoPhrases, checkPhrases } from "./tree/grow/phrase_checks.ts";
import { checkNoChildren, checkRanked } from "./tree/grow/ranked_checks.ts";
import { checkTop } from "./tree/candidates/top_checks.ts";
import { checkWeighDrafts, WEIGH_CASES } from "./tree/candidates/weigh_checks.ts";
import { checkJoined, JOINED_CASES } from "./products/joined_checks.ts";
import { topPool } from "./tree/candidates/top_pool.ts";
import { Workspace } from "./workspace.ts";

export type { CheckResult, KernelCheck } from "./check.ts";

/**
 * What must hold of the kernels on any device, for `doctor` and for the tests: every kernel agrees
 * with its oracle, and a row's result has the same bits alone and in batches of the given sizes.
 */
export function kernelChecks(sizes: readonly number[] = BATCH_SIZES): KernelCheck[] {
  return [...oracleChecks(), ...invarianceChecks(sizes)];
}

/** Every kernel against its oracle. */
function oracleChecks(): KernelCheck[] {
  return [
    check("embed looks tokens up", each(EMBED_CASES, checkEmbed)),
    check("matmul gives the product", each(STORE_CASES, checkStore)),
    check("matmul adds to the residual stream", each(RESIDUAL_CASES, checkResidual)),
    check("matmul joins two inputs", each(JOINED_CASES, checkJoined)),
    check("matmul gates", each(GATED_CASES, checkGated)),
    check("matmul clamps gates", each(CLAMPED_GATED_CASES, checkClampedGated)),
    check("matmul applies activations without gates", each(UNGATED_CASES, checkUngated)),
    check("matmul makes residual blocks", each(BLOCK_CASES, checkBlocks)),
    check("matmul rotates and fills the cache", each(HEADS_CASES, checkAttentionInputs)),
    check("attention sees text and ancestors", each(ATTENTION_CASES, checkAttention)),
    check("attention merges the spans of long texts", each(LONG_ATTENTION_CASES, checkAttention)),
    check(
      "norms of heads stand before the rotation, or behind it",
      each(NORMED_HEADS_CASES, checkNormedHeads),
    ),
    check("norms stand before the residual sum", each(ADD_NORMED_CASES, checkAddNormed)),
    check("LayerNorm centres a row and scales it", each(LAYER_NORM_CASES, checkLayerNorm)),
    check("experts are those of the largest logits", each(ROUTING_CASES, checkRouting)),
    check("rows find their experts' matrices", each(EXPERT_PRODUCT_CASES, checkExpertProducts)),
    check("what experts give is added by weight", each(ADD_EXPERTS_CASES, checkAddExperts)),
    check("the noise is the oracle's", checkNoise),
    check("filter and choose take the oracle's token", each(SAMPLING_CASES, checkSampling)),
    check("accept walks the tree along the choices", each(ACCEPT_CASES, checkAccept)),
    check("accept does nothing after the end", checkStepAfterEnd),
    check("commit keeps what was accepted", each(COMMIT_CASES, checkCommit)),
    check("trim_tree keeps the first nodes", checkTrim),
    check(
      "a chain grows while its drafts are probable enough and there is room",
      each(CHAIN_CASES, checkChain),
    ),
    check("in_pass_rows lays out nodes and pseudo rows", each(IN_PASS_CASES, checkInPassRows)),
    check("drafts are weighed with the noise to come", each(WEIGH_CASES, checkWeighDrafts)),
    check("top finds the most probable tokens", each(TOP_CASES, checkTop)),
    check(
      "grow_tree takes the most probable paths, or those asked for",
      each(GROW_CASES, checkGrow),
    ),
    check("grow_tree leaves a root alone that nothing follows", checkNoGrowth),
    check("lookup proposes what came before as a chain", each(LOOKUP_CASES, checkLookup)),
    check(
      "a lookup and a commit in one dispatch do what each does alone",
      each(LOOKUPS_WITH_COMMITS, checkLookupWithCommit),
    ),
    check("lookup trusts places of which the like were right", checkTrust),
    check("lookup proposes little where little is shared", checkFewDrafts),
    check(
      "grow_tree takes the most probable of candidates and proposal",
      each(PROPOSAL_CASES, checkGrowWithProposal),
    ),
    check(
      "grow_ranked ranks candidates after each parent and takes the most probable",
      each(RANKED_CASES, checkRanked),
    ),
    check(
      "grow_mixed ranks candidates by phrases too",
      each(MIXED_CASES, checkRanked),
    ),
    check("grow_ranked ranks nothing where nothing follows", checkNoChildren),
    check(
      "grow_phrases takes the most probable of phrases and proposal",
      each(PHRASE_CASES, checkPhrases),
    ),
    check("grow_phrases grows nothing after the end", checkNoPhrases),
  ];
}

/** Every kernel against itself, in batches of the given sizes; some of the products in few batches alone. */
function invarianceChecks(sizes: readonly number[]): KernelCheck[] {
  const all = checkerOf(sizes);
  const some = checkerOf(SOME_SIZES);
  const odd = { inner: 264, columns: 136, format: "F16" } as const;
  const normed = { ...odd, normed: true };
  const biased = { ...odd, biased: true };
  const small = { inner: 320, columns: 72 };
  const outOfOrder = { ...small, ...permuted(320) };
  const [usual, grouped, narrow] = [heads(8, 4, 32), heads(9, 3, 64), heads(12, 1, 64)];
  const tall = heads(4, 2, 80); // Chunks of 48 positions on a GPU, whose spans are shorter than 512.
  const bounds = { window: 100, softCap: 5 };
  const filters = { temperature: 0.8, topK: 50, topP: 0.9, minP: 0.02, repetitionPenalty: 1.1 };
  return [
    all("embed", embedPool, odd),
    some("embed with positions", embedPool, odd, true),
    all("the split of K", storePool, normed),
    all("residual matmul", residualPool, biased),
    all("rounding in SwiGLU", gatedPool, normed),
    some("products with an activation without gates", ungatedPool, normed),
    some("residual blocks", blockPool, { inner: 72, columns: 144, format: "F16", normed: true }),
    some("residual matmul of many rows", residualPool, { ...biased, inner: 320, manyRows: true }),
    some("SwiGLU of many rows", gatedPool, { ...normed, inner: 320, manyRows: true }),
    some("matmul of many rows and weights out of order", storePool, {
      ...outOfOrder,
      manyRows: true,
    }),
    ...[QUANTISED.U4, QUANTISED.U8, QUANTISED.F8, QUANTISED.T4, permuted(320)].map((storage) =>
      some(`matmul of ${describeStorage(storage)}`, storePool, { ...small, ...storage })
    ),
    all("gelu with biases", gatedPool, biased, "gelu-tanh"),
    all("rope fused with the cache write", attentionInputsPool, {
      ...normed,
      heads: usual,
      kv: "f16",
    }),
    all("head norms fused with rope", normedHeadsPool, usual, "each"),
    some("head norms behind the rotation", normedHeadsPool, usual, "each-rotated"),
    some("LayerNorms of heads", normedHeadsPool, usual, "each-layer"),
    all("a norm of all heads", normedHeadsPool, usual, "all"),
    all("a norm that is added", addNormedPool, 264),
    all("LayerNorm", layerNormPool, 264),
    some("a LayerNorm on the way into a product", layerNormedProductPool, odd, true),
    some("one without biases", layerNormedProductPool, odd, false),
    some("a norm that is added on the way into a product", joinedNormPool, normed),
    some(
      "the same into a product of the stream itself, weights out of order",
      joinedNormPool,
      outOfOrder,
    ),
    all("a mixture of experts", expertPool, {
      experts: 10,
      chosen: 3,
      width: 136,
      intermediate: 72,
      format: "F16",
    }),
    some("a mixture of many quantised experts", expertPool, {
      experts: 40,
      chosen: 4,
      width: 64,
      intermediate: 32,
      ...QUANTISED.U4,
    }),
    some("a mixture of experts with biases and clamped gates", expertPool, {
      experts: 10,
      chosen: 3,
      width: 72,
      intermediate: 40,
      format: "BF16",
      biased: true,
      clamped: { limit: 1, alpha: 1.702 },
    }),
    some("a mixture of experts as gpt-oss quantises them", expertPool, {
      experts: 6,
      chosen: 2,
      width: 64,
      intermediate: 32,
      ...QUANTISED.mxfp4,
      biased: true,
      clamped: { limit: 7, alpha: 1.702 },
    }),
    all("attention", attentionPool, usual, "f16"),
    all("attention of many heads", attentionPool, narrow, "f32"),
    all("attention through a window", attentionPool, usual, "f32", bounds),
    all("attention with sinks", attentionPool, usual, "f16", { hasSinks: true }),
    some("attention of long texts", attentionPool, usual, "f16", { length: 1700, hasSinks: true }),
    some("attention of long texts through a window", attentionPool, tall, "f32", {
      length: 1600,
      window: 1300,
    }),
    all("attention of text", textAttentionPool, grouped, "f16"),
    all("attention of text through a window", textAttentionPool, usual, "f32", bounds),
    all("attention of text with sinks", textAttentionPool, grouped, "f16", { hasSinks: true }),
    some("attention of a long text", textAttentionPool, tall, "f16", { length: 1600, softCap: 5 }),
    some("attention of a long text through a window", textAttentionPool, usual, "f32", {
      length: 1600,
      window: 520,
    }),
    all("filter and choose", samplingPool, 1500, { ...PLAIN, ...filters }),
    all("top", topPool, 2100, 8),
  ];
}

/** Makes checks of a kernel against itself, in batches of the sizes. */
function checkerOf(sizes: readonly number[]) {
  return <Settings extends readonly unknown[]>(
    kernel: string,
    makePool: (workspace: Workspace, ...settings: Settings) => PooledKernel,
    ...settings: Settings
  ): KernelCheck =>
    check(`${kernel}: a row alone equals the row among others`, async (gpu, findings) => {
      using workspace = new Workspace(gpu);
      await checkRowInvariance(gpu, makePool(workspace, ...settings), sizes, findings);
    });
}

/** A check of all cases, one after the other. */
function each<Case>(
  cases: readonly Case[],
  checkCase: (gpu: Gpu, oneCase: Case, findings: Findings) => Promise<void>,
): (gpu: Gpu, findings: Findings) => Promise<void> {
  return async (gpu, findings) => {
    for (const oneCase of cases) await checkCase(gpu, oneCase, findings);
  };
}
