/** The pseudo rows' way through the layers against the definition of hidden transfer. */
import { assert, assertEquals } from "@std/assert";
import { matmul } from "../../src/checks/oracles/matmul.ts";
import { randomIntegers } from "../../src/checks/oracles/random.ts";
import { pathTo } from "../../src/checks/oracles/tree.ts";
import type { OffsetLogits } from "../../src/draft/candidate_tree.ts";
import type { DraftContext } from "../../src/draft/drafter.ts";
import { DeferredRows } from "../../src/draft/hidden_transfer/deferred_rows.ts";
import { InPassRows } from "../../src/draft/hidden_transfer/in_pass_rows.ts";
import { submit } from "../../src/gpu/kernel.ts";
import { PartialHead } from "../../src/model/partial_head.ts";
import { createTreeBuffers, freeTreeBuffers } from "../../src/ops/tree/accept.ts";
import { createChoiceBuffers, freeChoiceBuffers } from "../../src/ops/choose.ts";
import { outputStride } from "../../src/ops/products/matmul.ts";
import { type Row, textRow, writeRows } from "../../src/ops/rows.ts";
import { writeMatrix } from "../../src/ops/products/weights.ts";
import { DECODING_VARIANTS, withGpu } from "../gpu/with_gpu.ts";
import { Forward } from "../model/forward.ts";
import { randomModel, tiny } from "../model/random_model.ts";
import { contextFreeState, transferForward } from "../reference/transfer.ts";
import { createMaps, mapNumbers } from "./random_maps.ts";

const CONFIG = tiny({ layerCount: 4 });
const LAYERS = [1, 1, 3];
const STEPS = LAYERS.length;
const PARENTS = [-1, 0, 0, 1, 0, 1, 3, 3, 2, 5];
const NODES = PARENTS.length;

type TokenMaps = NonNullable<Parameters<typeof transferForward>[5]>;
const [TEXT, TOKENS] = [9, NODES].map((length, i) => randomIntegers(length, i, CONFIG.vocabSize));

/**
 * In units of the largest logit: about ten roundings per layer, the map and the head each err by
 * what a sum of K terms may, 8 √K ε. A wrong row, layer or order errs by the size of a logit.
 */
const TOLERANCE = (10 * CONFIG.layerCount + 4) * 8 * Math.sqrt(4 * CONFIG.headDim) * 2 ** -23;

for (const { title, options } of DECODING_VARIANTS) {
  withGpu(`${title}: pseudo rows say what the definition says`, async (gpu) => {
    using random = await randomModel(gpu, CONFIG, ["F32"]);
    using forward = new Forward(random.model, CONFIG.contextLength + NODES + STEPS * NODES);
    using maps = createMaps(gpu, CONFIG.hiddenSize, LAYERS, "random");
    const context = createContext(forward);
    const numbers = LAYERS.map((_, i) => mapNumbers("random", CONFIG.hiddenSize, i));
    /** The rows that follow a node are those of the text's last position that can have them. */
    const compare = async (
      rows: OffsetLogits,
      node: number,
      tokens: readonly number[],
      { layers, token }: { layers: readonly number[]; token?: TokenMaps },
    ) => {
      const { pseudo } = transferForward(random.weights, CONFIG, tokens, numbers, layers, token);
      const found = await pseudoLogits(context, rows, node);
      const origin = tokens.length - (token ? 2 : 1);
      pseudo.forEach((all, i) => {
        const expected = all.subarray(
          origin * CONFIG.vocabSize,
          (origin + 1) * CONFIG.vocabSize,
        );
        const stride = outputStride(CONFIG.vocabSize);
        const largest = expected.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
        expected.forEach((logit, token) => {
          const error = Math.abs(found[i * stride + token] - logit);
          assert(error <= TOLERANCE * largest, `node ${node}, step ${i + 1}: off by ${error}`);
        });
      });
    };
    const check = async (rows: OffsetLogits, node: number) => {
      const path = pathTo(PARENTS, node).map((index) => TOKENS[index]);
      await compare(rows, node, [...TEXT, ...path], { layers: LAYERS });
    };

    await forward.runText(TEXT);
    {
      using rows = new InPassRows(context, maps, NODES, NODES);
      writeRows(gpu, context.activations.batch, treeRows(context.tree.treeSlot));
      submit(gpu, [...random.model.embed(NODES, context.activations), ...rows.forward()]);
      for (let node = 0; node < NODES; node++) await check(rows, node);
    }
    {
      // Deferred rows follow what has been committed, here the root alone.
      using rows = new DeferredRows(context, maps, NODES);
      writeRows(gpu, context.activations.batch, [textRow(TOKENS[0], TEXT.length)]);
      submit(gpu, [...random.model.embed(NODES, context.activations), ...rows.forward()]);
      await check(rows, 0);
    }
    {
      // The chosen token becomes the next root; its state is U times that of the token alone.
      const [layers, layer] = [[2, 2, 2], 1];
      using maps = createMaps(gpu, CONFIG.hiddenSize, layers, "random", CONFIG.vocabSize);
      const [fromState, fromToken] = [0, 1].map((i) =>
        mapNumbers("random", CONFIG.hiddenSize, STEPS + i)
      );
      const states = maps.token!.states!;
      const shape = { rows: 1, inner: CONFIG.hiddenSize, columns: CONFIG.hiddenSize };
      const rowsOfTokens = Array.from({ length: CONFIG.vocabSize }, (_, token) => [
        ...matmul(contextFreeState(random.weights, CONFIG, token, layer), fromToken, shape),
      ]);
      const bytes = new Uint8Array(Float32Array.from(rowsOfTokens.flat()).buffer);
      writeMatrix(gpu, states, bytes);
      using rows = new DeferredRows(context, maps, NODES);
      writeRows(gpu, context.activations.batch, [textRow(TOKENS[0], TEXT.length)]);
      submit(gpu, [...random.model.embed(NODES, context.activations), ...rows.forward()]);
      const token = { layer, fromState, fromToken };
      for (const chosen of [TOKENS[1], TOKENS[2]]) {
        writeRows(gpu, context.tree.batch, [textRow(chosen, TEXT.length + 1)]);
        await compare(rows, 0, [...TEXT, TOKENS[0], chosen], { layers, token });
      }
      // The same where U is kept and what it reads is made of the chosen token alone.
      using computed = createMaps(
        gpu,
        CONFIG.hiddenSize,
        layers,
        "random",
        CONFIG.vocabSize,
        layer,
      );
      using more = new DeferredRows(context, computed, NODES);
      writeRows(gpu, context.activations.batch, [textRow(TOKENS[0], TEXT.length)]);
      submit(gpu, [...random.model.embed(NODES, context.activations), ...more.forward()]);
      for (const chosen of [TOKENS[1], TOKENS[2]]) {
        writeRows(gpu, more.source.alone!, [textRow(chosen, 0)]);
        await compare(more, 0, [...TEXT, TOKENS[0], chosen], { layers, token });
      }
      // A draft head gives the logits of its tokens and no others, to the bit.
      const all = await gpu.readFloats(more.logits);
      const ids = Uint32Array.from({ length: 11 }, (_, i) => 2 * i + Math.floor(i / 3));
      using head = new PartialHead(random.model, ids);
      using partial = new DeferredRows(context, { ...computed, head }, NODES);
      writeRows(gpu, context.activations.batch, [textRow(TOKENS[0], TEXT.length)]);
      submit(gpu, [...random.model.embed(NODES, context.activations), ...partial.forward()]);
      writeRows(gpu, partial.source.alone!, [textRow(TOKENS[2], 0)]);
      const some = await pseudoLogits(context, partial, 0);
      for (let i = 0; i < STEPS; i++) {
        const own = some.subarray(i * outputStride(ids.length)).subarray(0, ids.length);
        const expected = Float32Array.from(
          ids,
          (id) => all[i * outputStride(CONFIG.vocabSize) + id],
        );
        assertEquals(own, expected);
      }
    }
    freeTreeBuffers(gpu, context.tree);
    freeChoiceBuffers(gpu, context.choice);
  }, options);
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
