/** What the surroundings of the program say, asked for without ever prompting for permission. */

/** An environment variable, or undefined where it is unset or not ours to read. */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (state !== "granted") return undefined;
  return Deno.env.get(name) || undefined;
}
