/** What long work may be told, and what it tells. */
export interface Work {
  /** Ends the work early, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Hears what is being done, and how much of it is done. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
}
