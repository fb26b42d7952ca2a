/** The source with empty functions: their bodies declare nothing outside and are slow to parse. */
export function withoutBodies(source: string): string {
  let kept = "";
  let depth = 0;
  let isInFunction = false;
  for (const piece of source.replace(/\/\/.*/g, "").split(/(?<=[{}])/)) {
    if (depth === 0) isInFunction = /\bfn\b/.test(piece);
    if (depth === 0 || !isInFunction) kept += piece;
    depth += piece.endsWith("{") ? 1 : piece.endsWith("}") ? -1 : 0;
    if (depth === 0 && isInFunction) kept += "}";
  }
  return kept;
}
