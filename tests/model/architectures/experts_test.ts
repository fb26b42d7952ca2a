/** How many experts the layers of a mixture have, where configurations say it in a way of their own. */
import { assertEquals } from "@std/assert";
import { readAs } from "./configs.ts";

Deno.test("Qwen with experts has none where there are none, or no layer for them", async () => {
  for (const architecture of ["Qwen2MoeForCausalLM", "Qwen3MoeForCausalLM"]) {
    const sparse = async (fields: object) => {
      const { layers } = await readAs(architecture, { num_experts: 6, ...fields });
      return layers.map(({ mlp }) => mlp.experts !== null);
    };
    const none = Array(4).fill(false);
    assertEquals(await sparse({ num_experts: 0 }), none);
    // Less than the experts of a row, which no row needs.
    assertEquals(await sparse({ num_experts: 2, mlp_only_layers: [0, 1, 2, 3] }), none);
    assertEquals(await sparse({ num_experts: 2, decoder_sparse_step: 5 }), none);
    const one = { num_experts_per_tok: 3, decoder_sparse_step: 4 };
    assertEquals(await sparse(one), none.with(3, true));
  }
});

Deno.test("the number of experts may stand there by both of its names", async () => {
  for (const architecture of ["MixtralForCausalLM", "OlmoeForCausalLM", "Qwen3MoeForCausalLM"]) {
    const experts = { num_experts: 6, num_local_experts: 6, num_experts_per_tok: 3 };
    const { layers } = await readAs(architecture, experts);
    assertEquals(layers[0].mlp.experts?.count, 6);
  }
});
