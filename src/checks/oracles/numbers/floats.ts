/**
 * Arrays of real numbers as the oracles take them: f32 as the GPU holds them, f64 as the oracles
 * compute them. All are row-major; a shape such as [rows, hidden] puts `hidden` innermost.
 */
export type Floats = Float32Array | Float64Array;
