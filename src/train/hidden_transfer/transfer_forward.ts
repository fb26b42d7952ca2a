import type { Transformer } from "../../model/transformer.ts";
import { ContextFreeStates } from "../../model/context_free_states.ts";
import { type Cache, createCache, freeCache } from "../../model/cache.ts";
import { transfer } from "../../ops/products/matmul.ts";
import { createTape, type LayerTape, runLayerOnTape } from "../passes/layer_tape.ts";
import type { Command } from "../../gpu/commands.ts";
import { createNames, padRows, type RowBatch } from "../../ops/rows.ts";
import { copyRowsAt } from "../passes/origins.ts";
import { PseudoRows, type PseudoRowsOptions } from "./pseudo_rows.ts";
import { TextForward } from "../passes/text_forward.ts";
import { TokenState } from "./token_state.ts";
import type { PseudoMaps } from "./transfer_weights.ts";

/** Where pseudo rows begin, and what they see. */
export interface TransferForwardOptions extends PseudoRowsOptions {
  /** Precision of keys and values. */
  kv: "f16" | "f32";
}

/**
 * A text through the model, and its pseudo rows from their entry layers to the last layer: row (n, i) enters
 * layer t_i as W_i · x_n. Here x_n is h_n, the state of position n that enters the layer, or s_{n+1} if the
 * token at position n + 1 is known.
 */
export class TransferForward implements Disposable {
  readonly text: TextForward;
  readonly pseudo: PseudoRows;
  /** Keys and values of the text, then those of the pseudo rows. */
  readonly cache: Cache;
  /** If the maps start from states that know the next token. */
  readonly token: TokenState | undefined;
  readonly #model: Transformer;
  readonly #weights: PseudoMaps;
  /** A row for each origin, whose tokens name the positions. */
  readonly #origins: RowBatch;
  /** [origins, hidden] f32: the text's states there, for each layer where rows enter. */
  readonly #entering: ReadonlyMap<number, GPUBuffer>;
  /** The text's tokens without their context. */
  readonly #contextFree: ContextFreeStates | undefined;
  readonly #tapes: ReadonlyMap<number, LayerTape>;

  /** @throws RangeError if the token is known and the layers differ. */
  constructor(model: Transformer, weights: PseudoMaps, options: TransferForwardOptions) {
    const { gpu, config: { hiddenSize } } = model;
    const { layers, maps, token } = weights;
    const { sequenceLength, kv } = options;
    if (token && new Set(layers).size > 1) {
      throw new RangeError(`a token map needs one layer for all steps, not ${layers}`);
    }
    this.#model = model;
    this.#weights = weights;
    this.pseudo = new PseudoRows(model, layers, options);
    this.cache = createCache(model, sequenceLength + this.pseudo.count, kv);
    this.text = new TextForward(model, { sequenceLength, cache: this.cache, keptLayers: layers });
    const { origins } = this.pseudo;
    this.#origins = createNames(gpu, origins);
    this.#entering = new Map([...new Set(layers)].map((layer) => {
      const size = 4 * padRows(origins.length) * hiddenSize;
      return [layer, gpu.storage(`origins entering layer ${layer}`, size)];
    }));
    if (token?.fromToken) {
      const alone = { count: sequenceLength, layer: token.fromToken.layer };
      this.#contextFree = new ContextFreeStates(model, alone);
    }
    if (token) {
      this.token = new TokenState(model, {
        batch: this.#origins,
        origins,
        sequenceLength,
        entering: this.#entering.get(layers[0])!,
        contextFree: this.#contextFree?.at.hidden,
        token,
        maps,
      });
    }
    const tapes = this.layers.map((layer) =>
      [layer, createTape(model, this.pseudo.count)] as const
    );
    this.#tapes = new Map(tapes);
  }

  /** The layers that pseudo rows pass, in ascending order. */
  get layers(): number[] {
    const [first] = this.#weights.layers;
    return Array.from({ length: this.#model.config.layerCount - first }, (_, i) => first + i);
  }

  /**
   * Queues the tokens of the text that the steps are for.
   * @throws RangeError if their number is not T.
   */
  write(tokens: ArrayLike<number>): void {
    this.text.write(tokens);
    this.#contextFree?.write(tokens);
    this.token?.write(tokens);
  }

  /** From the text's tokens to what the maps are made of: states on entering layers, with and without context. */
  stateSteps(): Command[] {
    return [...this.text.stepsToKept, ...(this.#contextFree?.dispatches ?? [])];
  }

  /** From the text's tokens to the pseudo rows that leave the last layer. */
  steps(): Command[] {
    return [
      ...this.text.steps,
      ...(this.#contextFree?.dispatches ?? []),
      ...[...this.#entering].flatMap(([layer, target]) => this.#atOrigins(layer, target)),
      ...(this.token?.forward() ?? []),
      ...this.layers.flatMap((layer) => [
        ...this.pseudo.enteringAt(layer).flatMap((i) => this.#enter(i, layer)),
        ...this.#passing(layer),
      ]),
    ];
  }

  /** [origins, hidden] f32: x_n, what the maps of a layer start from. */
  origins(layer: number): GPUBuffer {
    return this.token?.state ?? this.#entering.get(layer)!;
  }

  /** What the rows that passed the layer left for their way back. */
  tape(layer: number): LayerTape {
    return this.#tapes.get(layer)!;
  }

  #atOrigins(layer: number, target: GPUBuffer): Command[] {
    const source = this.text.entering(layer);
    return copyRowsAt(this.pseudo.origins, {
      source,
      target,
      width: this.#model.config.hiddenSize,
    });
  }

  /** Rows (n, i) for all n: hidden [origins, hidden] = W_i · x_n. */
  #enter(i: number, layer: number): Command[] {
    const { hidden, prepared } = this.pseudo.at;
    return transfer(this.#model.gpu, {
      batch: this.#origins,
      rowCount: this.#origins.capacity,
      gather: false,
      width: this.#model.config.hiddenSize,
      weights: this.#weights.maps[i - 1],
      input: this.origins(layer),
      hidden,
      prepared,
      nextNorm: this.#model.normBefore(layer),
      firstRow: this.pseudo.first(i),
    });
  }

  #passing(layer: number): Command[] {
    const { rowCount, ...batches } = this.pseudo.passing(layer);
    return runLayerOnTape(this.#model, layer, {
      rowCount,
      at: { ...this.pseudo.at, ...batches },
      cache: this.cache,
      tape: this.tape(layer),
    });
  }

  [Symbol.dispose](): void {
    const { gpu } = this.#model;
    this.text[Symbol.dispose]();
    this.pseudo[Symbol.dispose]();
    this.token?.[Symbol.dispose]();
    this.#contextFree?.[Symbol.dispose]();
    freeCache(gpu, this.cache);
    gpu.free(this.#origins.rows, this.#origins.ancestors, ...this.#entering.values());
    for (const tape of this.#tapes.values()) gpu.free(...Object.values(tape));
  }
}
