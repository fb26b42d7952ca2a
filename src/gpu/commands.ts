import type { Gpu } from "./gpu.ts";
import { type Dispatch, record } from "./kernel.ts";

/** A copy of some bytes of a buffer, between dispatches. */
export interface Copy {
  source: GPUBuffer;
  target: GPUBuffer;
  byteLength: number;
  /** Where the bytes begin in the source. */
  sourceOffset?: number;
  /** Where the bytes begin in the target. */
  targetOffset?: number;
}

/** Work in order, ready to be submitted any number of times. */
export type Command = Dispatch | Copy;

/** Whether a command is no copy. */
export function isDispatch(command: Command): command is Dispatch {
  return "pipeline" in command;
}

/** Submits the commands, each run of dispatches as one pass. */
export function submitCommands(gpu: Gpu, commands: readonly Command[]): void {
  const encoder = gpu.device.createCommandEncoder();
  let run: Dispatch[] = [];
  const endRun = () => {
    if (run.length === 0) return;
    const pass = encoder.beginComputePass();
    record(pass, run);
    pass.end();
    run = [];
  };
  for (const command of commands) {
    if (isDispatch(command)) {
      run.push(command);
      continue;
    }
    endRun();
    const { source, target, sourceOffset = 0, targetOffset = 0, byteLength } = command;
    encoder.copyBufferToBuffer(source, sourceOffset, target, targetOffset, byteLength);
  }
  endRun();
  gpu.device.queue.submit([encoder.finish()]);
}
