import type { Draft } from "./children.ts";

/** What an earlier place in a text proposes for its end. */
export interface Proposal {
  /** Last tokens of the text that stood at that place too; 0 if there is none. */
  sharedTokens: number;
  tokens: number[];
}

/**
 * Prompt lookup (Saxena, 2023): of the earlier places where at least `shortest` and at most `longest`
 * last tokens of the text stood, the one that shares most of them, of equals the latest, proposes the
 * `count` tokens that came after it. A text is taken to go on with what is proposed.
 */
export function lookUp(
  text: readonly number[],
  { shortest, longest }: { shortest: number; longest: number },
  count: number,
): Proposal {
  for (let length = Math.min(longest, text.length - 1); length >= shortest; length--) {
    const run = text.slice(-length).join();
    for (let end = text.length - 1; end >= length; end--) {
      if (text.slice(end - length, end).join() !== run) continue;
      const continued = [...text];
      for (let i = 0; i < count; i++) continued.push(continued[end + i]);
      return { sharedTokens: length, tokens: continued.slice(text.length) };
    }
  }
  return { sharedTokens: 0, tokens: [] };
}

/** A draft at the end of a path of tokens below the root. */
export interface DraftPath {
  tokens: number[];
  logProbability: number;
}

/**
 * The `count` most probable paths of tokens, the best first. `candidatesAfter` says what may come after those
 * of a path, none where it is too long; below the first i tokens of the proposal its next one is a candidate as
 * well, right with probability (n + i) / (n + i + 1), where n last tokens of the text were shared. A token that
 * is a candidate in both ways has the greater of the two probabilities.
 */
export function mostProbablePathsWithProposal(
  candidatesAfter: (tokens: readonly number[]) => readonly Draft[],
  proposal: Proposal,
  count: number,
): DraftPath[] {
  const best = <Path extends DraftPath>(paths: readonly Path[]) =>
    paths.toSorted((a, b) => b.logProbability - a.logProbability).slice(0, count);
  const paths: DraftPath[] = [];
  let longest: (DraftPath & { isProposed: boolean })[] = [
    { tokens: [], logProbability: 0, isProposed: true },
  ];
  for (let depth = 0; longest.length > 0; depth++) {
    longest = best(longest.flatMap(({ tokens, logProbability, isProposed }) => {
      const own = new Map(
        candidatesAfter(tokens).map((draft) => [draft.token, draft.logProbability]),
      );
      const proposed = isProposed ? proposal.tokens[depth] : undefined;
      if (proposed !== undefined) {
        const shared = proposal.sharedTokens + depth;
        own.set(
          proposed,
          Math.max(own.get(proposed) ?? -Infinity, Math.log(shared / (shared + 1))),
        );
      }
      return [...own].map(([token, conditional]) => ({
        tokens: [...tokens, token],
        logProbability: logProbability + conditional,
        isProposed: token === proposed,
      }));
    }));
    paths.push(...longest);
  }
  return best(paths).map(({ tokens, logProbability }) => ({ tokens, logProbability }));
}
