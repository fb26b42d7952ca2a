import { assertEquals } from "@std/assert";
import {
  type StreamDecoder,
  TextAssembler,
  textOf,
} from "../../../../src/engine/text/stream/assembler.ts";

/** A decoder that has `rest` left when the text is over. */
function decoderLeaving(rest: string): StreamDecoder {
  return { push: (ids) => String.fromCodePoint(...ids), finish: () => rest };
}

Deno.test("of a character that a cut halves nothing is left, however many marks stand for it", () => {
  for (const rest of ["", "\ufffd", "\ufffd\ufffd", "\ufffd\ufffd\ufffd"]) {
    const finished = (isCut: boolean) => {
      const assembler = new TextAssembler(decoderLeaving(rest), []);
      return textOf([...assembler.push([0x61], [0]), ...assembler.finish(isCut)]);
    };
    assertEquals(finished(true), "a");
    assertEquals(finished(false), "a" + rest);
  }
});
