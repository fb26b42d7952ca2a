/** The part of `wgsl_reflect` that this project uses; its package declares no types for the module build. */

/** A resource variable of a shader. */
export interface VariableInfo {
  name: string;
  group: number;
  binding: number;
  access: string;
}
/** What is declared in a WGSL source. */
export class WgslReflect {
  constructor(source: string);
  storage: VariableInfo[];
  uniforms: VariableInfo[];
}
