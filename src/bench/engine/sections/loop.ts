import { createDecoder, type DecoderOptions } from "../../../decode/decoder.ts";
import type { Decoder, DecodeResult } from "../../../decode/types.ts";
import type { Transformer } from "../../../model/transformer.ts";
import { table } from "../../report/table.ts";
import { decodeAll, greedyRequest } from "../../runs/greedy.ts";
import { median } from "../../timing/statistics.ts";

const TOKENS = 128;
const ROUNDS = 5;

/**
 * The loop that lives on the GPU against the same steps with the host waiting for each token.
 * @throws Error if the two do not generate the same ids: then no speed means anything.
 */
export async function reportLoop(model: Transformer): Promise<string> {
  const resident = await Runs.open(model, {});
  const waiting = await Runs.open(model, { stepsPerSubmit: 1, ringDepth: 1 });
  using _decoders = new DisposableStack();
  _decoders.use(resident.decoder);
  _decoders.use(waiting.decoder);
  if (resident.ids.join() !== waiting.ids.join()) {
    throw new Error(`the two loops differ:\n  ${resident.ids.join()}\n  ${waiting.ids.join()}`);
  }
  for (let round = 0; round < ROUNDS; round++) {
    await resident.time();
    await waiting.time();
  }
  const [fast, slow] = [median(resident.seconds), median(waiting.seconds)];
  const ratio = median(waiting.seconds.map((one, round) => one / resident.seconds[round]));
  const speed = (seconds: number) => `${(TOKENS / seconds).toFixed(0)} tokens/s`;
  return table([
    ["the loop on the GPU", speed(fast)],
    ["the host waits for each token", speed(slow)],
    ["ratio", ratio.toFixed(2)],
  ]) + `  Greedy, ${TOKENS} tokens, the same ids from both.\n`;
}

/** Repeated decodings of one text. */
class Runs {
  readonly decoder: Decoder;
  readonly ids: readonly number[];
  readonly seconds: number[] = [];

  private constructor(decoder: Decoder, ids: readonly number[]) {
    this.decoder = decoder;
    this.ids = ids;
  }

  static async open(model: Transformer, options: DecoderOptions): Promise<Runs> {
    const decoder = createDecoder(model, options);
    return new Runs(decoder, (await decodeOnce(decoder)).ids);
  }

  async time(): Promise<void> {
    this.seconds.push((await decodeOnce(this.decoder)).decodeSeconds);
  }
}

async function decodeOnce(decoder: Decoder): Promise<DecodeResult> {
  return await decodeAll(decoder, greedyRequest([1, 2, 3, 4, 5, 6, 7, 8], TOKENS));
}
