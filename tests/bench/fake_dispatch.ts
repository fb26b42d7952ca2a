import type { Dispatch } from "../../src/gpu/kernel.ts";
import type { Family } from "../../src/ops/families.ts";

/** Dispatches that only say what they are, each given as its family. */
export function fakeDispatches(...families: Family[]): Dispatch[] {
  return families.map((family) => fakeDispatch(family, family));
}

/** A dispatch that only says what it is. */
export function fakeDispatch(family: Family, label: string): Dispatch {
  return { family, label } as Dispatch;
}
