import { Gpu } from "./gpu.ts";

/**
 * A device like another one, on which buffers and textures have sizes and labels but no memory: whatever makes
 * them can be asked what it would take, by the code that would take it. Nothing runs there, and nothing can be
 * read back.
 */
export function countingGpu(gpu: Gpu): Gpu {
  const { limits, deviceClass, info, subgroupSize, profile, device } = gpu;
  const options = { deviceClass, subgroups: subgroupSize > 0, profile, holdsData: false };
  return new Gpu(countingDevice(limits, device.features), info, options);
}

function countingDevice(limits: GPUSupportedLimits, features: GPUSupportedFeatures): GPUDevice {
  const nothing = () => {};
  const pass = {
    setPipeline: nothing,
    setBindGroup: nothing,
    dispatchWorkgroups: nothing,
    end: nothing,
  };
  const encoder = {
    copyBufferToBuffer: nothing,
    copyBufferToTexture: nothing,
    copyTextureToBuffer: nothing,
    beginComputePass: () => pass,
    resolveQuerySet: nothing,
    finish: () => ({}),
  };
  const device = {
    limits,
    features,
    lost: new Promise<never>(nothing),
    queue: {
      writeBuffer: nothing,
      writeTexture: nothing,
      submit: nothing,
      onSubmittedWorkDone: () => Promise.resolve(),
    },
    addEventListener: nothing,
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    destroy: nothing,
    createBuffer: ({ label, size, usage }: GPUBufferDescriptor) => ({
      label,
      size,
      usage,
      destroy: nothing,
    }),
    createTexture: ({ label, size }: GPUTextureDescriptor) => ({
      label,
      height: (size as number[])[1],
      createView: () => ({}),
      destroy: nothing,
    }),
    createQuerySet: () => ({ destroy: nothing }),
    createCommandEncoder: () => encoder,
    createShaderModule: () => ({}),
    createBindGroupLayout: () => ({}),
    createBindGroup: () => ({}),
    createPipelineLayout: () => ({}),
    createComputePipeline: () => ({}),
  };
  return device as unknown as GPUDevice;
}
