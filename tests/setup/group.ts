/**
 * Runs the test files that it is given, seen from the root, as one module: what they import is loaded
 * once, and they share devices with the kernels that these have compiled.
 */
for (const file of Deno.args) await import(`../../${file}`);
