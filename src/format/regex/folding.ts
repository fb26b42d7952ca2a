/** Letters that are several others where case does not count: ß is ss. */

/** What a letter is then, in lower case; most are themselves. */
export function expansionOf(letter: string): string {
  if (letter === "ẞ") return "ss";
  const upper = letter.toUpperCase();
  return upper.length > letter.length ? upper.toLowerCase() : letter;
}

let known: ReadonlyMap<string, readonly string[]> | undefined;

/** The letters by what they are then. */
export function foldedLetters(): ReadonlyMap<string, readonly string[]> {
  if (known !== undefined) return known;
  const letters = new Map<string, string[]>();
  for (let unit = 0; unit < 0x10000; unit++) {
    const letter = String.fromCharCode(unit);
    const expansion = expansionOf(letter);
    if (expansion === letter) continue;
    letters.set(expansion, [...letters.get(expansion) ?? [], letter]);
  }
  return known = letters;
}
