/** The pseudo rows' way through the layers against the definition of hidden transfer. */
import { assert, assertEquals } from "@std/assert";
import { matmul } from "../../../src/checks/oracles/matmul.ts";
import { randomIntegers } from "../../../src/checks/oracles/numbers/random.ts";
import { pathTo } from "../../../src/checks/oracles/drafts/tree.ts";
import { Workspace } from "../../../src/checks/workspace.ts";
import type { OffsetLogits } from "../../../src/draft/candidate_tree.ts";
import type { DraftContext } from "../../../src/draft/drafter.ts";
import { DeferredRows } from "../../../src/draft/hidden_transfer/deferred_rows.ts";
import { InPassRows } from "../../../src/draft/hidden_transfer/in_pass_rows.ts";
import { type Dispatch, submit } from "../../../src/gpu/kernel.ts";
import { PartialHead } from "../../../src/model/partial_head.ts";
import { createTreeBuffers, freeTreeBuffers } from "../../../src/ops/tree/accept.ts";
import { createChoiceBuffers, freeChoiceBuffers } from "../../../src/ops/choose.ts";
import { outputStride } from "../../../src/ops/products/matmul.ts";
import { type Row, textRow, writeRows } from "../../../src/ops/rows.ts";
import { writeMatrix } from "../../../src/ops/products/weights.ts";
import { DECODING_VARIANTS, withGpu } from "../../gpu/with_gpu.ts";
import { Forward } from "../../model/forward.ts";
import { type RandomModel, randomModel, tiny } from "../../model/random_model.ts";
import { contextFreeState, transferForward } from "../../reference/transfer.ts";
import type { Gpu } from "../../../src/gpu/gpu.ts";
import { createMaps, mapNumbers } from "../random_maps.ts";

const CONFIG = tiny({ layerCount: 4 });
const LAYERS = [1, 1, 3];
const STEPS = LAYERS.length;
const PARENTS = [-1, 0, 0, 1, 0, 1, 3, 3, 2, 5];
const NODES = PARENTS.length;

type TokenMaps = NonNullable<Parameters<typeof transferForward>[5]>;

const numbersOf = (map: number) => mapNumbers("random", CONFIG.hiddenSize, map);
const NUMBERS = LAYERS.map((_, i) => numbersOf(i));

/** Where maps that start from the chosen token enter, and the state of that token alone that they read. */
const SAME_LAYERS = [2, 2, 2];
const FROM_TOKEN: TokenMaps = {
  layer: 1,
  fromState: numbersOf(STEPS),
  fromToken: numbersOf(STEPS + 1),
};

const [TEXT, TOKENS] = [9, NODES].map((length, i) => randomIntegers(length, i, CONFIG.vocabSize));

/**
 * In units of the largest logit: about ten roundings per layer, the map and the head each err by
 * what a sum of K terms may, 8 √K ε. A wrong row, layer or order errs by the size of a logit.
 */
const TOLERANCE = (10 * CONFIG.layerCount + 4) * 8 * Math.sqrt(4 * CONFIG.headDim) * 2 ** -23;

/** A model, the text behind it in its cache, and what a drafter is given. */
class Fixture {
  readonly random: RandomModel;
  readonly context: DraftContext;

  constructor(random: RandomModel, context: DraftContext) {
    this.random = random;
    this.context = context;
  }

  /** Queues the rows of a tree, or of its root alone, and the pseudo rows' way through the layers. */
  queue(rows: { forward(): Dispatch[] }, tree = [textRow(TOKENS[0], TEXT.length)]): void {
    const { model, activations } = this.context;
    writeRows(model.gpu, activations.batch, tree);
    submit(model.gpu, [...model.embed(NODES, activations), ...rows.forward()]);
  }

  /**
   * Compares what follows a node with the definition.
   * @param tokens the text up to the node, and the chosen token where maps start from that.
   */
  async compare(rows: OffsetLogits, node: number, tokens: readonly number[], {
    layers = LAYERS,
    token,
  }: { layers?: readonly number[]; token?: TokenMaps } = {}): Promise<void> {
    const { weights } = this.random;
    const { pseudo } = transferForward(weights, CONFIG, tokens, NUMBERS, layers, token);
    const found = await pseudoLogits(this.context, rows, node);
    // The rows that follow a node are those of the text's last position that can have them.
    const origin = tokens.length - (token ? 2 : 1);
    const { vocabSize } = CONFIG;
    pseudo.forEach((all, i) => {
      const expected = all.subarray(origin * vocabSize, (origin + 1) * vocabSize);
      const largest = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
      expected.forEach((logit, token) => {
        const error = Math.abs(found[i * outputStride(vocabSize) + token] - logit);
        assert(error <= TOLERANCE * largest, `node ${node}, step ${i + 1}: off by ${error}`);
      });
    });
  }

  /** The same for a node of the tree behind the text. */
  async compareNode(rows: OffsetLogits, node: number): Promise<void> {
    const path = pathTo(PARENTS, node).map((index) => TOKENS[index]);
    await this.compare(rows, node, [...TEXT, ...path]);
  }
}

for (const { title, options } of DECODING_VARIANTS) {
  const test = (name: string, run: (fixture: Fixture) => Promise<void>) =>
    withGpu(`${title}: ${name}`, async (gpu) => {
      using random = await randomModel(gpu, CONFIG, ["F32"]);
      using forward = new Forward(random.model, CONFIG.contextLength + NODES + STEPS * NODES);
      const context = createContext(forward);
      await forward.runText(TEXT);
      await run(new Fixture(random, context));
      freeTreeBuffers(gpu, context.tree);
      freeChoiceBuffers(gpu, context.choice);
    }, options);

  test("pseudo rows in the pass and after it say what the definition says", async (fixture) => {
    const { context } = fixture;
    using maps = createMaps(context.model.gpu, CONFIG.hiddenSize, LAYERS, "random");
    {
      using rows = new InPassRows(context, maps, NODES, NODES);
      fixture.queue(rows, treeRows(context.tree.treeSlot));
      for (let node = 0; node < NODES; node++) await fixture.compareNode(rows, node);
    }
    // Deferred rows follow what has been committed, here the root alone.
    using rows = new DeferredRows(context, maps, NODES);
    fixture.queue(rows);
    await fixture.compareNode(rows, 0);
  });

  test("pseudo rows of maps that start from the chosen token's known state do, too", async (fixture) => {
    const { context, random } = fixture;
    const { gpu } = context.model;
    using maps = tokenMaps(gpu);
    const shape = { rows: 1, inner: CONFIG.hiddenSize, columns: CONFIG.hiddenSize };
    const rowsOfTokens = Array.from({ length: CONFIG.vocabSize }, (_, token) => [
      ...matmul(
        contextFreeState(random.weights, CONFIG, token, FROM_TOKEN.layer),
        FROM_TOKEN.fromToken,
        shape,
      ),
    ]);
    const bytes = new Uint8Array(Float32Array.from(rowsOfTokens.flat()).buffer);
    writeMatrix(gpu, maps.token!.states!, bytes);
    using rows = new DeferredRows(context, maps, NODES);
    fixture.queue(rows);
    for (const chosen of [TOKENS[1], TOKENS[2]]) {
      // The chosen token becomes the next root.
      writeRows(gpu, context.tree.batch, [textRow(chosen, TEXT.length + 1)]);
      await fixture.compare(rows, 0, [...TEXT, TOKENS[0], chosen], {
        layers: SAME_LAYERS,
        token: FROM_TOKEN,
      });
    }
  });

  test("pseudo rows of maps for which that state is computed do, with a draft head as well", async (fixture) => {
    const { context, random } = fixture;
    const { gpu } = context.model;
    using maps = tokenMaps(gpu, FROM_TOKEN.layer);
    using rows = new DeferredRows(context, maps, NODES);
    fixture.queue(rows);
    for (const chosen of [TOKENS[1], TOKENS[2]]) {
      writeRows(gpu, rows.source.alone!, [textRow(chosen, 0)]);
      await fixture.compare(rows, 0, [...TEXT, TOKENS[0], chosen], {
        layers: SAME_LAYERS,
        token: FROM_TOKEN,
      });
    }
    // U in another format does not stand beside A: two products make the state.
    using workspace = new Workspace(gpu);
    const { hiddenSize } = CONFIG;
    const half = { columns: hiddenSize, inner: hiddenSize, format: "F16" } as const;
    const { weights: map, stored } = workspace.matrix(numbersOf(STEPS + 1), half);
    const { fromState } = maps.token!;
    const token = { fromState, fromToken: { map, layer: FROM_TOKEN.layer } };
    using apart = new DeferredRows(context, { ...maps, token }, NODES);
    fixture.queue(apart);
    writeRows(gpu, apart.source.alone!, [textRow(TOKENS[2], 0)]);
    await fixture.compare(apart, 0, [...TEXT, TOKENS[0], TOKENS[2]], {
      layers: SAME_LAYERS,
      token: { ...FROM_TOKEN, fromToken: stored },
    });
    // A draft head gives the logits of its tokens and no others, to the bit.
    const all = await gpu.readFloats(rows.logits);
    const ids = Uint32Array.from({ length: 11 }, (_, i) => 2 * i + Math.floor(i / 3));
    using head = new PartialHead(random.model, ids);
    using partial = new DeferredRows(context, { ...maps, head }, NODES);
    fixture.queue(partial);
    writeRows(gpu, partial.source.alone!, [textRow(TOKENS[2], 0)]);
    const some = await pseudoLogits(context, partial, 0);
    for (let i = 0; i < STEPS; i++) {
      const own = some.subarray(i * outputStride(ids.length)).subarray(0, ids.length);
      const stride = outputStride(CONFIG.vocabSize);
      assertEquals(own, Float32Array.from(ids, (id) => all[i * stride + id]));
    }
  });
}

/** Maps of layer 2 that start from the chosen token: what is known of each, or U and the layer it reads. */
function tokenMaps(gpu: Gpu, fromLayer?: number) {
  const { hiddenSize, vocabSize } = CONFIG;
  return createMaps(gpu, hiddenSize, SAME_LAYERS, "random", vocabSize, fromLayer);
}

function createContext({ model, activations, room, cache }: Forward): DraftContext {
  const { gpu } = model;
  const tree = createTreeBuffers(gpu, {
    batch: activations.batch,
    nodes: NODES,
    followers: STEPS,
    firstSlot: CONFIG.contextLength,
  });
  const sizes = { rowCapacity: NODES, vocabularySize: CONFIG.vocabSize, recordCount: 1 };
  return { model, activations, room, cache, tree, choice: createChoiceBuffers(gpu, sizes) };
}

/** The tree behind the text. */
function treeRows(treeSlot: number): Row[] {
  const root = textRow(TOKENS[0], TEXT.length);
  return PARENTS.map((_, node) => {
    if (node === 0) return root;
    const path = pathTo(PARENTS, node).slice(1);
    return {
      token: TOKENS[node],
      position: root.position + path.length,
      slot: treeSlot + node,
      prefix: root.prefix,
      ancestors: path.map((index) => treeSlot + index),
    };
  });
}

/** [steps, outputStride(vocabulary)], as if the node had been the last accepted one. */
async function pseudoLogits(
  { model: { gpu }, tree }: DraftContext,
  rows: OffsetLogits,
  node: number,
): Promise<Float32Array> {
  const { first, stride } = rows.source;
  const position = TEXT.length + pathTo(PARENTS, node).length;
  const followers = LAYERS.map((_, i): Row => ({
    token: first + i * stride + node,
    position: position + i,
    slot: tree.followerSlot + i,
    prefix: position,
    ancestors: [],
  }));
  writeRows(gpu, tree.followers, followers);
  submit(gpu, rows.finish());
  return await gpu.readFloats(rows.logits);
}
