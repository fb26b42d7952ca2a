const FALLBACK_SIZE = { columns: 80, rows: 24 };

/** How large the terminal is now; 80 × 24 where it does not tell. */
export function terminalSize(): { columns: number; rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    // Some pseudo-terminals say 0 × 0.
    return columns > 0 && rows > 0 ? { columns, rows } : FALLBACK_SIZE;
  } catch {
    return FALLBACK_SIZE;
  }
}
