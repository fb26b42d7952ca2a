/**
 * Gives timers and signals a turn. Deno's event loop stands still while it waits for the device, and
 * only a timer lets Ctrl-C through.
 */
export function hostTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
