/** How queries grow with their position: by the factor 1 + rate · ln(1 + ⌊position / after⌋). */
export interface QueryGrowth {
  rate: number;
  after: number;
}

/** The factor of the queries at a position. Meta, "Llama 4" (2025), calls it temperature tuning. */
export function queryGrowth(growth: QueryGrowth | null | undefined, position: number): number {
  if (!growth) return 1;
  return 1 + growth.rate * Math.log(1 + Math.floor(position / growth.after));
}
