"""Writes golden/tokens.json: 300 texts, and their ids by the Python library tokenizers for each model.

    python3 make_tokens.py SMOLLM2_FOLDER GEMMA3_FOLDER

The folders are those that make_models.py writes. The texts are made here: sentences, code, numbers, spaces of all
kinds, scripts, marks and pictures, spellings of special tokens, and pieces of all of them put together at random.
"""

import json, os, random, sys

import tokenizers

COUNT, SEED = 300, 14

# Written for this file. Each is a text of its own.
WHOLE = [
    "", " ", "  ", "\n", "\n\n\n", "\t", "\r\n", " \n \n", "a", "A", "0", "é", "ß", "中", "🙂",
    "The ferry leaves at nine, or when it is full.", "Don't you think it's ours? We'll see what they've done; I'd go, you're late, I'm not.",
    "DON'T SHOUT, IT'S LATE, WE'LL WAKE THEM.", "l'été s'achève aujourd'hui", "rock 'n' roll, '90s, o'clock, dogs' bones",
    "for (let i = 0; i < rows.length; i++) { total += rows[i] ** 2; }", "def area(w, h):\n    return w * h\n\n\nprint(area(3, 4.5))\n",
    "#include <stdio.h>\nint main(void) {\n\tputs(\"hi\");\n\treturn 0;\n}\n", "SELECT name, count(*) FROM boats WHERE length > 12 GROUP BY name;",
    "<p class=\"note\">5 &lt; 6 &amp; 7 &gt; 6</p>", "{\"id\": 17, \"tags\": [\"a\", \"b\"], \"ok\": true, \"none\": null}",
    "| day | rain |\n|-----|-----:|\n| Mon | 3.5 |\n", "# Title\n\n- one\n  - two\n    1. three\n\n```sh\nls -la | wc -l\n```\n", "$x^2 + y^2 \\leq \\frac{1}{2}$",
    "0 1 12 123 1234 12345 123456 1234567890", "3.14159 1e-9 0x1F 1,000,000 50% -7 +8 ½ ² ③ Ⅳ", "2026-03-05 14:07:09.250+01:00", "+49 (30) 901820, ext. 7",
    "https://example.org/a/b?c=d&e=%20f#g", "someone+tag@example.org", "C:\\Users\\me\\notes.txt", "/usr/local/share/doc/README.md", "snake_case camelCase PascalCase kebab-case SCREAMING_CASE",
    "Fünf größere Äpfel für 3,50 €", "L’élève où çà là-bas œuvre", "¿Dónde está el baño? ¡Aquí!", "Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "İstanbul ışığı", "Tiếng Việt có dấu",
    "Съешь ещё этих мягких булок", "Ελληνικά με τόνους: άέήίόύώ", "שלום לכולם", "مرحبا بالعالم، كيف الحال؟", "नमस्ते दुनिया, कैसे हो", "สวัสดีชาวโลก", "안녕하세요 세계", "こんにちは、世界。カタカナも。", "今天天气很好,我们去公园吧。", "繁體中文與简体中文", "ᚠᚢᚦᚨᚱᚲ", "𝒻𝓇𝒶𝓀𝓉𝓊𝓇 𝔸𝔹ℂ", "𐍈𐌰", "ﬁ ﬂ ﬀ ﷺ",
    "👍🏽 👩‍🔬 👨‍👩‍👧‍👦 🇵🇹 🏴‍☠️ ❤️ ☃", "e\u0301 vs é, n\u0303 vs ñ, o\u0308\u0304", "a\u0300\u0301\u0302\u0303b", "Z͑ͫ̓ͪ̂ͫ̽a̴l̶g̷o̸", "\u200b\u200c\u200d\ufeff", "soft\u00adhyphen, no\u00a0break, thin\u2009space, ideographic\u3000space", "\u2028line\u2029paragraph", "\x00\x01\x1b[31mred\x1b[0m\x7f", "\ufffd\ufffe", "right \u202eleft\u202c again",
    "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", "<|im_start|>", "<|im_end|><|im_end|>", "<|im_start |>", "<|endoftext|>after", "before<|endoftext|>", " <|im_end|> ", "<bos>twice<eos>", "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n", "<pad><unk><mask>", "<unused0><unused98>", "<0x0A><0xE2>", "▁▁word ▁", "Ġword Ċ", "<table><tr><td>cell</td></tr></table>", "<s>[INST] x [/INST]</s>",
    "x" * 60, "ab" * 40, "!" * 33, "=" * 80, "-" * 17 + "\n" + "-" * 17, " " * 40 + "deep", "\n" * 20, "\t" * 9 + "x", "a " * 30, "... ?! ?? !!! --- *** ___", "(([[{{}}]]))", "“Well,” she said—‘no’…", "end with spaces   ", "   begin with spaces", "word\u0020\u0020two  three   four", "tab\tbetween\t\ttabs", "CRLF\r\nlines\r\n\r\nend\r", "mixed \t \n \t end",
    "antidisestablishmentarianism floccinaucinihilipilification", "Donaudampfschifffahrtsgesellschaftskapitän", "qwrtplkjhgfdsz zxcvbnm", "loooooooong sooooo haaaaahaha", "iOS15 H2O CO2 x86_64 utf8 3D 4th 21st B2B",
]

# Pieces for texts that are put together at random.
PIECES = [
    *"abzAZ059.,;:!?'\"()[]{}<>/\\|@#$%^&*-_=+~` ", "\n", "\t", "  ", "\r\n", "\u00a0", "the", " the", " and", "ing", "tion", "un", "ly", "'s", "'t", "'LL", " I", "Mr.", "e.g.", "über", "naïve", "ça", "да", "нет", "και", "中文", "日本", "한국", "عربي", "हिन्दी", "ไทย", "\u0301", "\u0308", "\u200d", "\ufe0f",
    "🙂", "👍🏽", "🇵🇹", "½", "²", "१२", "٣", "𝟙", "ﬁ", "İ", "ß", "ẞ", "Ω", "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<0x41>", "▁", "Ġ", "<h1>", "1234", "3.5", "00", "http://", ".com", "\\n", "\\u00e9", "==", "=>", "!=", "/*", "*/", "//", "\x07", "\u2028", "…", "—", "’", "„", "€",
]

WORDS = "rain boat window seven quiet bread never under copper listen yellow fifteen river because letter garden almost winter stone after ladder morning someone bridge carry small until".split()


def texts():
    chance = random.Random(SEED)
    found = list(WHOLE)
    while len(found) < COUNT:
        if len(found) % 3 == 0:
            sentence = " ".join(chance.choice(WORDS) for _ in range(chance.randint(3, 25)))
            text = sentence.capitalize() + chance.choice(". ! ? … : ;".split())
        else:
            text = "".join(chance.choice(PIECES) for _ in range(chance.randint(2, 30)))
        if text not in found:
            found.append(text)
    return found


def main():
    all_texts = texts()
    assert len(all_texts) == COUNT == len(set(all_texts))
    golden = {"source": f"tokenizers {tokenizers.__version__}, make_tokens.py with seed {SEED}", "texts": all_texts}
    for name, folder in zip(("smollm2", "gemma3"), sys.argv[1:], strict=True):
        tokenizer = tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        golden[name] = [tokenizer.encode(text).ids for text in all_texts]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden", "tokens.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(key)}: {lines(value)}" for key, value in golden.items()) + "\n}\n")


def lines(value):
    """JSON with one element of a list per line."""
    if isinstance(value, str):
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in value) + "\n]"


main()
