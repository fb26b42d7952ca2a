/** Exit codes of the program; those from 64 on follow BSD's sysexits.h. */
export const ExitCode = {
  ok: 0,
  /** A check of `doctor` failed. */
  failed: 1,
  /** The command line was wrong. */
  usage: 64,
  /** An input file was malformed. */
  badData: 65,
  /** An input file or folder is not there or cannot be read. */
  noInput: 66,
  /** There is no GPU that WebGPU can use. */
  noGpu: 69,
  /** A fault of the program itself, such as ids that are not plain decoding's. */
  internal: 70,
  /** The output cannot be written, as on a full disk. */
  outputFailed: 74,
  /** Ended by Ctrl-C. */
  interrupted: 130,
  /** Ended by SIGTERM, which `timeout`, containers and batch systems send. */
  terminated: 143,
} as const;
