import { type Dispatch, Kernel } from "../gpu/kernel.ts";

/** What kernels are for. `norm` are those that no product is fused with. */
export type Family =
  | "embedding"
  | "product"
  | "experts"
  | "norm"
  | "attention"
  | "choice"
  | "acceptance"
  | "drafting"
  | "training";

/** A kernel of a family: the file with its `main`, after those that it shares with other kernels. */
export function kernelOf(family: Family, name: string, ...files: string[]): Kernel {
  return new Kernel(family, name, ...files);
}

/** Whether what a dispatch does belongs to one of the families. */
export function isOf({ family }: Pick<Dispatch, "family">, ...families: Family[]): boolean {
  return families.some((one) => one === family);
}
