/** Explaining file system errors to users. */

/** Why the file system refused, to end a sentence that names the path. */
export function reasonOf(error: unknown): string {
  // Deno's own words would tell people to change the command that a task has written for them.
  if (error instanceof Deno.errors.NotCapable) {
    const isSystems = error.message.startsWith("Requires all access");
    if (isSystems) return "the program may not go to /dev, /proc and /sys; name a file elsewhere";
    return "the program was started without permission to go there; deno task foretoken has it";
  }
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/ \(os error \d+\)/)[0];
}
