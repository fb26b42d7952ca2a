/** The part of `wgsl_reflect` that this project uses; its package declares no types for the module build. */

/** A resource variable of a shader. */
export interface VariableInfo {
  name: string;
  group: number;
  binding: number;
  access: string;
  type: TypeInfo;
}
/** A type: a scalar by its name, an array or a struct. */
export interface TypeInfo {
  name: string;
  /** Bytes. */
  size: number;
  isStruct: boolean;
  isArray: boolean;
  /** Elements of an array; 0 if it has any number. */
  count: number;
  /** Bytes from an element to the next. */
  stride: number;
  /** Type of the elements. */
  format?: TypeInfo;
}
/** A struct. */
export interface StructInfo extends TypeInfo {
  members: { name: string; offset: number; type: TypeInfo }[];
}
/** What is declared in a WGSL source. */
export class WgslReflect {
  constructor(source: string);
  storage: VariableInfo[];
  uniforms: VariableInfo[];
  structs: StructInfo[];
}
