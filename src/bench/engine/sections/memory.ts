import { fromFileUrl } from "@std/path";
import { DEMO_FOLDER } from "../../../engine/demo_folder.ts";
import { mebibytes } from "../../report/numbers.ts";
import { table } from "../../report/table.ts";
import type { LoadCost } from "../load_once.ts";
import { withScratch } from "../scratch.ts";
import { LARGE, writeSparseModel } from "../sparse_model.ts";

const LOADER = fromFileUrl(new URL("../load_once.ts", import.meta.url));

/** Greatest host memory while the demo model and a large one are loaded, each by its own process. */
export async function reportMemory(isSoftware: boolean): Promise<string> {
  if (Deno.build.os !== "linux") return "  Peak memory is measured on Linux only.\n";
  return await withScratch(async (scratch) => {
    await writeSparseModel(scratch, LARGE);
    const rows = [];
    for (const [label, folder] of [["demo model", DEMO_FOLDER], ["large model", scratch]]) {
      rows.push(memoryRow(label, await loadOnce(folder), isSoftware));
    }
    const heading = [
      "",
      "on the GPU",
      "peak of the process",
      "before loading",
      "host",
      "load time",
      "reading the file",
    ];
    return table([heading, ...rows]) + memoryNote(isSoftware);
  });
}

function memoryRow(label: string, cost: LoadCost, isSoftware: boolean): string[] {
  const { gpuBytes, peakBytes, peakBytesBefore, seconds, readSeconds } = cost;
  return [
    label,
    mebibytes(gpuBytes),
    mebibytes(peakBytes),
    mebibytes(peakBytesBefore),
    mebibytes(isSoftware ? peakBytes - gpuBytes : peakBytes),
    `${seconds.toFixed(2)} s`,
    `${readSeconds.toFixed(2)} s`,
  ];
}

function memoryNote(isSoftware: boolean): string {
  const source = isSoftware
    ? "  This driver keeps the GPU's memory in the process. Host is the peak without it.\n"
    : "  Host is the whole peak; the driver may count some of the GPU's memory in it.\n";
  return source +
    "  The goal is a host part of at most 512 MB for a model of any size. Deno and the driver are\n" +
    "  in it; before loading they are all there is. The large model is a file of zeros. Files are\n" +
    "  read from the system's memory, by loading too; a disk takes its own time for either.\n";
}

async function loadOnce(folder: string): Promise<LoadCost> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    // Deno gives /proc only to those who may do everything.
    args: ["run", "--quiet", "--allow-all", LOADER, folder],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`loading ${folder} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
