import { fromFileUrl } from "@std/path";

/** Folder of the demo model, beside the program and inside an executable made by `deno compile`. */
export const DEMO_FOLDER: string = fromFileUrl(new URL("../../weights/demo", import.meta.url));
