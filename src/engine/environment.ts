/** Environment variables, read without ever prompting for permission. */

/** The value of a variable, or undefined if it is unset, empty, or the program may not read it. */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (state !== "granted") return undefined;
  return Deno.env.get(name) || undefined;
}
