/** Number of ids that two texts have in common from the beginning. */
export function sharedLength(one: readonly number[], other: readonly number[]): number {
  const end = Math.min(one.length, other.length);
  let shared = 0;
  while (shared < end && one[shared] === other[shared]) shared++;
  return shared;
}
