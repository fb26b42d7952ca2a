// @ts-self-types="./path.d.ts"
export { basename } from "npm:deno-std@1.4.0/path/basename.js";
export { dirname } from "npm:deno-std@1.4.0/path/dirname.js";
export { fromFileUrl } from "npm:deno-std@1.4.0/path/from_file_url.js";
export { join } from "npm:deno-std@1.4.0/path/join.js";
export { relative } from "npm:deno-std@1.4.0/path/relative.js";
export { resolve } from "npm:deno-std@1.4.0/path/resolve.js";
