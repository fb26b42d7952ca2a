/** The greatest divisor of a number that is at most `bound`. */
export function greatestDivisor(number: number, bound: number): number {
  let divisor = Math.min(number, bound);
  while (number % divisor !== 0) divisor--;
  return divisor;
}
