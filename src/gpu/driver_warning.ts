/**
 * Some Vulkan drivers print a warning for each instance when this variable is missing, although
 * computing needs nothing from that folder. To be called before an adapter is asked for.
 */
export function silenceDriverWarning(): void {
  const name = "XDG_RUNTIME_DIR";
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  const isMissing = Deno.build.os === "linux" && state === "granted" && !Deno.env.get(name);
  if (isMissing) Deno.env.set(name, "/tmp");
}
