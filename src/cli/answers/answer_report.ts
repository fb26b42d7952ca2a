/** The report after each answer. */

import type { Audit, DraftAuditor } from "../../engine/audit/draft_audit.ts";
import type { Drafting } from "../../engine/drafting/drafting.ts";
import { count } from "../../engine/text/count.ts";
import type { TextRequest, TextResult } from "../../engine/text/generate_text.ts";
import type { Output } from "../terminal/output.ts";
import { describeCount } from "../progress/facts.ts";
import { Progress } from "../progress/progress.ts";
import { draftsLine, speedUpText, statisticsLine, treesLine } from "./answer_lines.ts";

/** An answer, and how it came. */
export interface Answered {
  drafting: Drafting;
  request: TextRequest;
  answer: TextResult;
  /** Says nothing, and measures nothing; what was to be checked is. */
  isQuiet?: boolean;
}

/**
 * Reports what an answer cost, then what its drafts gained, which the auditor measures.
 *
 * @throws CheckFailedError if plain decoding gives other ids.
 */
export async function reportAnswer(
  output: Output,
  auditor: DraftAuditor,
  { drafting, request, answer, isQuiet = false }: Answered,
): Promise<void> {
  if (isQuiet) {
    if (auditor.checksAll) await lookAgain(auditor, request, answer);
    return;
  }
  const say = (line: string) => output.say(output.style.dim(line));
  say(statisticsLine(request.promptIds.length, answer));
  const audit = await lookAgain(auditor, request, answer);
  for (const line of auditLines(audit, drafting, answer)) say(line);
}

/** What the auditor finds, with progress where it decodes the whole answer again. */
async function lookAgain(
  auditor: DraftAuditor,
  request: TextRequest,
  answer: TextResult,
): Promise<Audit> {
  if (!auditor.checksAll) return await auditor.look(request, answer);
  using progress = new Progress("decoding plainly", describeCount("token"));
  const promptTokens = request.promptIds.length;
  const total = promptTokens + answer.ids.length;
  let decoded = 0;
  const heard: TextRequest = {
    ...request,
    onPrompt: (done) => progress.update({ done, total }),
    onStep: (ids) => progress.update({ done: promptTokens + (decoded += ids.length), total }),
  };
  return await auditor.look(heard, answer);
}

function* auditLines(audit: Audit, drafting: Drafting, answer: TextResult): Generator<string> {
  const { checkedIds, speedUp, isTooShort } = audit;
  const hasDrafts = drafting.depth > 0 && answer.forwards > 0;
  if (hasDrafts) yield draftsLine(answer, drafting, speedUp);
  else if (speedUp) yield speedUpText(speedUp);
  if (hasDrafts && answer.trees) yield treesLine(answer.trees, drafting);
  if (checkedIds > 0) yield `checked: plain decoding gives the same ${count(checkedIds, "id")}`;
  if (isTooShort) yield "the answer is too short to compare speeds";
}
