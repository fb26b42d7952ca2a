/** The parts of `measure.ts`, what matters most first. */
import { fromFileUrl, join } from "@std/path";

/** The project's folder. */
export const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Where results go. */
export const FOLDER = join(ROOT, ".cache", "measured");

/** What drafting as much as pays gives beside plain decoding, on two texts of each kind. */
const AUTO_ON_DEMO = ["--methods", "auto", "--limit", "2", "--format", "markdown"];

/** A checkpoint that people know, if `deno task test:real` has made it. */
const SMOLLM2 = join(ROOT, ".cache", "real-models", "smollm2");

/** A task of deno.json with its arguments. */
export interface Part {
  name: string;
  task: readonly string[];
  /** Of the time that all parts have together. */
  share: number;
  /** A folder that must be there; the part is left out otherwise. */
  needs?: string;
}

/**
 * Correctness, rows, prompts, drafts, single products, training; then whatever there is time for. On an
 * H200 a kernel takes 0.1 to 0.5 s to be compiled, so that the checks of `doctor` alone take most of a minute.
 */
export const PARTS: readonly Part[] = [
  { name: "doctor", task: ["foretoken", "doctor"], share: 0.1 },
  { name: "rows", task: ["bench:engine", "rows"], share: 0.12 },
  { name: "prompts", task: ["bench:engine", "prompts"], share: 0.08 },
  { name: "drafts", task: ["bench:engine", "drafts"], share: 0.08 },
  { name: "auto", task: ["foretoken", "bench", ...AUTO_ON_DEMO], share: 0.08 },
  {
    name: "smollm2_drafts",
    task: ["foretoken", "bench", "-m", SMOLLM2, "--limit", "2", "--format", "markdown"],
    share: 0.11,
    needs: SMOLLM2,
  },
  // Rows of single products by every design, of halves and of codes, and by tiles that might be next.
  { name: "designs", task: ["bench:engine", "designs", "attention", "long"], share: 0.12 },
  { name: "tiles", task: ["bench:tiles"], share: 0.1 },
  { name: "training", task: ["bench:training"], share: 0.06 },
  { name: "goldens", task: ["test", "tests/model/goldens/architectures_test.ts"], share: 0.07 },
  // Which tiles are the fastest for the demo model, and which way of drafting is with them.
  { name: "tune", task: ["foretoken", "tune"], share: 0.12 },
  { name: "kinds", task: ["bench:engine", "token", "kinds", "loop"], share: 0.06 },
  {
    name: "training_smollm2",
    task: ["bench:training", SMOLLM2],
    share: 0.1,
    needs: SMOLLM2,
  },
  {
    name: "smollm2",
    task: ["foretoken", "doctor", "-m", SMOLLM2],
    share: 0.08,
    needs: SMOLLM2,
  },
  {
    name: "bench",
    task: ["foretoken", "bench", "--format", "markdown", "--out", join(FOLDER, "bench.html")],
    share: 0.14,
  },
  {
    name: "analyze",
    task: ["foretoken", "analyze", "--out", join(FOLDER, "analysis.html")],
    share: 0.1,
  },
  {
    name: "tests",
    task: ["test", "tests/ops", "tests/gpu", "tests/model", "tests/decode", "tests/draft"],
    share: 0.3,
  },
];
