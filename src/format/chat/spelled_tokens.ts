/**
 * Special tokens that somebody spells out in a message.
 *
 * A chat template writes the special tokens that end a message and begin the next one as text. Were
 * a message free to write them too, whoever wrote it could end it early and speak in another role.
 * So a message is content, whatever it spells: its spellings are cut in two by marks before the
 * template puts it among its own tokens, and what is encoded are the pieces between the marks.
 */

/** A code point that Unicode keeps for use inside programs; no text has it. */
const MARK = "\ufdd0";

/**
 * A message's content with a mark in every special token that it spells out. Marks that were in it
 * already are taken out, and so are special tokens of one character, which cannot be cut.
 *
 * Tokens are found as they are written. A tokenizer that normalises its special tokens, as none of
 * the present models does, may still find one in another spelling.
 */
export function markSpelledTokens(content: string, specialTokens: readonly string[]): string {
  const inOne = specialTokens.filter((token) => token !== "" && token === firstCharacter(token));
  let text = content.replaceAll(MARK, "");
  for (const token of inOne) text = text.replaceAll(token, "");
  // After the first character: an occurrence that overlaps the one before is cut as well.
  const cuts = new Set<number>();
  for (const token of specialTokens) {
    const { length } = firstCharacter(token);
    if (token.length <= length) continue;
    for (let at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + 1)) {
      cuts.add(at + length);
    }
  }
  let [marked, end] = ["", 0];
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    marked += text.slice(end, cut) + MARK;
    end = cut;
  }
  return marked + text.slice(end);
}

/** The pieces of a text with marks. To be encoded one by one; joined they are the text. */
export function piecesBetweenMarks(text: string): string[] {
  return text.split(MARK);
}

function firstCharacter(token: string): string {
  const codePoint = token.codePointAt(0);
  return codePoint === undefined ? "" : String.fromCodePoint(codePoint);
}
