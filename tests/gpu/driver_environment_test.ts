import { assertEquals } from "@std/assert";
import { prepareDriverEnvironment } from "../../src/gpu/driver_environment.ts";

const THREADS = "LP_NUM_THREADS";

Deno.test({
  name: "few processors have two of the driver's threads each, unless the user says otherwise",
  ignore: Deno.build.os !== "linux",
  fn() {
    const before = Deno.env.get(THREADS);
    try {
      Deno.env.delete(THREADS);
      prepareDriverEnvironment();
      const processors = navigator.hardwareConcurrency;
      assertEquals(Deno.env.get(THREADS), processors <= 4 ? `${2 * processors}` : undefined);
      Deno.env.set(THREADS, "1");
      prepareDriverEnvironment();
      assertEquals(Deno.env.get(THREADS), "1");
    } finally {
      if (before === undefined) Deno.env.delete(THREADS);
      else Deno.env.set(THREADS, before);
    }
  },
});
