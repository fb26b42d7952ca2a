import type { Gpu } from "../../gpu/gpu.ts";
import { advance, FINISH, packSeen, packState, RECORD_WORDS } from "../../ops/choose.ts";
import { textRow } from "../../ops/rows.ts";
import type { Findings } from "./check.ts";
import { candidatesPerRow } from "./sampling_checks.ts";
import { Workspace } from "./workspace.ts";

/** One end of a step. */
export interface AdvanceCase {
  title: string;
  /** Best values of the first chunks of the vocabulary; the others have nothing to offer. */
  candidates: readonly (readonly [token: number, value: number])[];
  /** Steps, tokens and limit of the decoding before. */
  step: number;
  generated: number;
  limit: number;
  endTokens: readonly number[];
  /** Whether the text had ended already. */
  isOver?: boolean;
  expected: { token: number; finish: number } | null;
}

const VOCABULARY = 3000;
const RECORDS = 3;
const POSITION = 41;
const { running, endOfText, limit } = FINISH;
const LONG = { step: 0, generated: 0, limit: 100, endTokens: [7, 8] };

/** Whatever a step may end in. */
export const ADVANCE_CASES: readonly AdvanceCase[] = [
  {
    ...LONG,
    title: "the best of all chunks",
    candidates: [[5, 1], [1500, 3.5], [2999, 2]],
    expected: { token: 1500, finish: running },
  },
  {
    ...LONG,
    title: "the lowest of equals",
    candidates: [[900, -2], [1024, -1], [2048, -1]],
    expected: { token: 1024, finish: running },
  },
  {
    ...LONG,
    title: "the end of the text",
    candidates: [[8, 9], [1100, 0], [2100, 0]],
    expected: { token: 8, finish: endOfText },
  },
  {
    ...LONG,
    title: "the last token allowed, and the record wrapped around",
    step: 4,
    generated: 99,
    candidates: [[0, 0], [1100, 0.5], [2100, 0]],
    expected: { token: 1100, finish: limit },
  },
  {
    ...LONG,
    title: "the end of the text at the limit",
    generated: 99,
    candidates: [[7, 1], [1100, 0.5], [2100, 0]],
    expected: { token: 7, finish: endOfText },
  },
  {
    ...LONG,
    title: "a step after the end",
    step: 2,
    isOver: true,
    candidates: [[1, 1], [1100, 0.5], [2100, 0]],
    expected: null,
  },
];

/** The next row, the record, the counters and the seen tokens after a step. */
export async function checkAdvance(
  gpu: Gpu,
  advanceCase: AdvanceCase,
  findings: Findings,
): Promise<void> {
  using workspace = new Workspace(gpu);
  const { title, candidates, expected, isOver, step, generated, endTokens } = advanceCase;
  const buffers = workspace.choice(1, VOCABULARY, RECORDS);
  const batch = workspace.batch(isOver ? [] : [textRow(3, POSITION)], 1);
  const state = packState(advanceCase.limit, endTokens) as Uint32Array<ArrayBuffer>;
  state.set([step, generated], 0);
  if (isOver) state[3] = endOfText;
  gpu.write(buffers.state, 0, state);
  gpu.write(buffers.seen, 0, packSeen(VOCABULARY, [3, 31]));
  const words = new Uint32Array(2 * candidatesPerRow(buffers, 1));
  for (let i = 0; i < words.length; i += 2) new Float32Array(words.buffer)[i] = -3e38;
  candidates.forEach(([token, value], i) => {
    new Float32Array(words.buffer)[2 * i] = value;
    words[2 * i + 1] = token;
  });
  gpu.write(buffers.candidates, 0, words);
  workspace.run(advance(gpu, batch, buffers));

  const finish = expected?.finish ?? endOfText;
  const label = `advance, ${title}`;
  const record = step % RECORDS * RECORD_WORDS;
  const foundRecord = await gpu.readWords(buffers.records, record, expected ? 3 : 2);
  findings.equal(
    `${label}, record`,
    foundRecord,
    expected ? [1, finish, expected.token] : [0, finish],
  );
  const foundState = await gpu.readWords(buffers.state, 0, 4);
  const count = generated + (expected ? 1 : 0);
  findings.equal(`${label}, state`, foundState, [step + 1, count, advanceCase.limit, finish]);
  const foundSeen = await gpu.readWords(buffers.seen, 0, Math.ceil(VOCABULARY / 32));
  const seen = packSeen(VOCABULARY, expected ? [3, 31, expected.token] : [3, 31]);
  findings.equal(`${label}, seen tokens`, foundSeen, seen as Uint32Array);
  const next = POSITION + 1;
  const row = expected ? [expected.token, next, next, next + 1] : [0, 0, 0, 0];
  const rows = [finish === running ? 1 : 0, ...row];
  findings.equal(`${label}, rows`, await gpu.readWords(batch.rows, 0, 5), rows);
}
