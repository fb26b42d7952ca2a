import { HIDDEN_TRANSFER } from "../../draft/hidden_transfer/hidden_transfer.ts";
import type { TransferMaps } from "../../draft/hidden_transfer/transfer_maps.ts";
import { EARLY_EXIT } from "../../draft/layer_skipping/early_exit.ts";
import { type Activations, createActivations, freeActivations } from "../../model/activations.ts";
import type { LayerSkips } from "../../model/layer_skips.ts";
import { type Row, writeRows } from "../../ops/rows.ts";
import type { SeenKeys } from "../../train/hidden_transfer/pseudo_rows.ts";
import { PseudoStates } from "./pseudo_states.ts";
import type { TextStates } from "./text_states.ts";
import { ownHead, TopTokens } from "./top_tokens.ts";

/** The candidates of each position of a text for the tokens at offset 1, 2, … after the next. */
export type Guesses = number[][][];

/** A way of drafting, asked at every position of a text. */
export interface Guesser extends Disposable {
  readonly name: string;
  /** The candidates in the text that ran last, [offsets][positions][ranks], the most probable first. */
  guess(tokens: readonly number[]): Promise<Guesses>;
}

/** Hidden transfer with these maps; `sees` says whether its rows see those of earlier steps. */
export function transferGuesser(
  text: TextStates,
  maps: TransferMaps,
  sees: SeenKeys = "earlier",
): Guesser {
  const pseudo = new PseudoStates(text, maps, sees);
  const top = new TopTokens(text);
  return {
    name: HIDDEN_TRANSFER.name,
    async guess(tokens) {
      await pseudo.run(tokens);
      const guesses: Guesses = [];
      for (let i = 0; i < maps.maps.length; i++) {
        guesses.push(
          await top.of(ownHead(text.model, pseudo.at), tokens.map((_, n) => i * text.length + n)),
        );
      }
      return guesses;
    },
    [Symbol.dispose]() {
      pseudo[Symbol.dispose]();
      top[Symbol.dispose]();
    },
  };
}

/**
 * The head after the first `layers` layers: from the token after each position on, a chain of its own
 * best tokens. The text's cache needs a free slot for each offset and position.
 */
export function earlyExitGuesser(text: TextStates, layers: number, offsets: number): Guesser {
  const { model, length, cache } = text;
  const { gpu, config: { layerCount } } = model;
  const left = new Set(Array.from({ length: layerCount - layers }, (_, i) => layers + i));
  const skips: LayerSkips = { attention: left, mlp: left };
  const at: Activations = createActivations(model, {
    capacity: length,
    logitRows: 0,
    ancestorRoom: offsets,
  });
  const top = new TopTokens(text);
  const pass = [
    ...model.embed(length, at, 0, skips),
    ...model.runLayers(length, at, cache, { skips }),
  ];
  return {
    name: EARLY_EXIT.name,
    async guess(tokens) {
      const guesses: Guesses = [];
      // The last position has no token after it; what stands there counts for nothing.
      let inputs = tokens.map((_, n) => tokens[n + 1] ?? 0);
      for (let i = 0; i < offsets; i++) {
        writeRows(
          gpu,
          at.batch,
          inputs.map((token, n): Row => {
            const slotOf = (step: number) => length + step * length + n;
            const ancestors = Array.from({ length: i + 1 }, (_, step) => slotOf(step));
            const position = Math.min(n + 1 + i, model.contextLength - 1);
            return { token, position, slot: slotOf(i), prefix: n + 1, ancestors };
          }),
        );
        await text.submit(pass);
        guesses.push(await top.of(ownHead(model, at), tokens.map((_, n) => n)));
        inputs = guesses[i].map(([best]) => best);
      }
      return guesses;
    },
    [Symbol.dispose]() {
      freeActivations(gpu, at);
      top[Symbol.dispose]();
    },
  };
}
