import { createDecoder } from "../../../decode/decoder.ts";
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
  using resident = createDecoder(model);
  using waiting = createDecoder(model, { stepsPerSubmit: 1, ringDepth: 1 });
  const [ids, others] = [await decodeOnce(resident), await decodeOnce(waiting)]
    .map((result) => result.ids.join());
  if (ids !== others) throw new Error(`the two loops differ:\n  ${ids}\n  ${others}`);
  const rounds: { fast: number; slow: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { decodeSeconds: fast } = await decodeOnce(resident);
    rounds.push({ fast, slow: (await decodeOnce(waiting)).decodeSeconds });
  }
  const speed = (seconds: number[]) => `${(TOKENS / median(seconds)).toFixed(0)} tokens/s`;
  return table([
    ["the loop on the GPU", speed(rounds.map(({ fast }) => fast))],
    ["the host waits for each token", speed(rounds.map(({ slow }) => slow))],
    ["ratio", median(rounds.map(({ fast, slow }) => slow / fast)).toFixed(2)],
  ]) + `  Greedy, ${TOKENS} tokens, the same ids from both.\n`;
}

async function decodeOnce(decoder: Decoder): Promise<DecodeResult> {
  return await decodeAll(decoder, greedyRequest([1, 2, 3, 4, 5, 6, 7, 8], TOKENS));
}
