/** The network is for fetching models alone. */

/**
 * Gives the permission to use the network back, for good: what comes with a model, such as its chat
 * template, runs without.
 */
export function giveUpNetwork(): void {
  Deno.permissions.revokeSync({ name: "net" });
}
