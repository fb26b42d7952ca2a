/** A kernel with its constants: compiled by `compile`, or else when it is first recorded. */
export class Pipeline {
  readonly #create: () => GPUComputePipeline;
  #compiled: GPUComputePipeline | null = null;

  constructor(create: () => GPUComputePipeline) {
    this.#create = create;
  }

  /** Whether it has been compiled. */
  get isCompiled(): boolean {
    return this.#compiled !== null;
  }

  /** What is recorded. */
  get compiled(): GPUComputePipeline {
    return this.#compiled ??= this.#create();
  }
}
