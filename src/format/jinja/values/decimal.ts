/** Floats as decimals, to the nearest; of two that are as near, the even one, where JavaScript goes up. */

/** Most decimals that are worked out. */
const PLACES = 100;

/** A float that is not negative, with so many decimals. */
export function fixed(value: number, places: number): string {
  const count = Math.min(places, PLACES);
  if (value >= 1e21) return BigInt(value) + (count > 0 ? `.${"0".repeat(count)}` : "");
  return evenOfTies(value.toFixed(PLACES), value.toFixed(count), count);
}

/** A float that is not negative as a mantissa with so many decimals, and a power of ten. */
export function exponential(value: number, places: number): string {
  const count = Math.min(places, PLACES);
  const [rounded, power] = value.toExponential(count).split("e");
  const [exact, exactPower] = value.toExponential(PLACES).split("e");
  // Rounding up to ten makes the power a greater one; that is no tie between two even digits.
  return power === exactPower
    ? `${evenOfTies(exact, rounded, count)}e${power}`
    : `${rounded}e${power}`;
}

/** What was rounded, or the exact digits cut short where these are a tie and then even. */
function evenOfTies(exact: string, rounded: string, places: number): string {
  const point = exact.indexOf(".");
  if (point < 0 || !/^50*$/.test(exact.slice(point + 1 + places))) return rounded;
  const cut = exact.slice(0, places === 0 ? point : point + 1 + places);
  return "02468".includes(cut.at(-1)!) ? cut : rounded;
}
