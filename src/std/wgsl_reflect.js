// @ts-self-types="./wgsl_reflect.d.ts"
export { WgslReflect } from "npm:wgsl_reflect@1.6.0/wgsl_reflect.module.js";
