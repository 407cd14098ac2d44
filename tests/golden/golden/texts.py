# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tokenizer is asked to encode. Escapes stand for whatever an editor might change."""

WORDS = "a red balloon with blue stripes floats over the small green house near the old sea".split()

PLAIN = [
    "", "a", "A", "z", "the", "red balloon on sky", "yellow flower on green", "ghost on purple",
    "Red Balloon On Sky", "RED BALLOON", "a photo of an astronaut riding a horse on mars",
    "masterpiece, best quality, (detailed:1.2), 8k", "photo--of--cat", "cat,dog;bird:fish",
    "hello world!", "hello, world", "Hello World", "hElLo WoRlD", "unbelievable",
    "antidisestablishmentarianism", "supercalifragilisticexpialidocious", "qzxjkvwpy",
    "xyzzy plugh", "i", "I am", "an apple a day keeps the doctor away", "state-of-the-art",
    "e-mail", "co-op", "snake_case_name", "camelCaseName", "__init__", "a_b", "_",
    "user@example.org", "https://example.org/a?b=c&d=%20", "C:\\path\\file.txt", "/usr/share/doc",
    "#hashtag @mention", "x=y+z*w/v", "f(x)={x|x>0}", "<b>bold</b>", "[1,2,3]", "\"quoted\"",
    "`code`", "~tilde~", "^caret^",
]

CONTRACTIONS = [
    "don't", "it's", "we're", "they've", "I'm", "she'll", "he'd", "DON'T", "IT'S", "WE'RE",
    "THEY'VE", "I'M", "SHE'LL", "HE'D", "y'all'd've", "rock'n'roll", "'tis", "'twas the night",
    "dogs' tails", "the '90s", "'s", "'S 'T 'RE 'VE 'M 'LL 'D", "''s", "'''", "'", "o'clock",
    "can't've", "it 's", "it' s", "'sun", "'dream", "'mars", "'test", "'relic", "'vent", "'llama",
    "a's b't c're d've e'm f'll g'd", "don\u2019t", "it\u2019s", "it`s", "!'s", "a!'s", "3's",
    "\u00e9's", "\u0130's", "'\u017f",
]

NUMBERS = [
    "0", "1", "42", "1234567890", "3.14159", "1,000,000", "-17", "1e-5", "0x1F", "2nd", "v1.5",
    "16x16", "a1b2c3", "50%", "$9.99", "12:30", "\u0661\u0662\u0663", "\u0967\u0968",
    "\u00b2\u00b3\u00b9", "\u00bd\u00be", "\u2160\u2163", "\u2460\u2461", "\uff11\uff12",
    "\u4e00\u4e8c", "\U0001d7d8\U0001d7d9",
]

PUNCTUATION = [
    "!", "!!!", "?!?!", "...", "....", "a...b", "--", "---", "***", "(((", ")))", "((a))",
    "!@#$%^&*()", "<>", "<|", "|>", "<||>", ",.;:", "-_-", ":-)", ";)", "<3", "^_^", "\u2026",
    "\u2013 \u2014", "\u201cquoted\u201d", "\u00abguillemets\u00bb", "\u00bfqu\u00e9?",
    "\u20ac5 \u00a33 \u00a52", "\u00a9\u00ae\u2122", "\u00b0\u00b1\u00d7\u00f7", "a\u00b7b",
    "\u2022 item", "\u2192\u2190", "\u221e\u2211\u222b", "\u00aa\u00ba", "\u00b5m", "\u2126",
    "\u212b", "\u2764",
]

EMOJI = [
    "\U0001f600", "\U0001f600\U0001f601", "I \u2764\ufe0f you", "\U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f469\u200d\U0001f680 in space", "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "1\ufe0f\u20e3",
    "#\ufe0f\u20e3", "a\U0001f388b", "\U0001f388 balloon \U0001f388",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\u263a",
    "\u263a\ufe0e", "\u2600\ufe0f!", "!!\U0001f600!!", "\U0001f937\U0001f3fb\u200d\u2642\ufe0f",
]

ACCENTS = [
    "caf\u00e9", "cafe\u0301", "CAF\u00c9", "na\u00efve", "nai\u0308ve", "\u00c5ngstr\u00f6m",
    "A\u030angstro\u0308m", "z\u030c\u0323", "z\u0323\u030c", "e\u0301\u0301", "\u0301",
    "a \u0301b", "\u0344", "\u0958", "\u1e9b\u0323", "\ufb01sh", "\u01c4", "\u01c5",
    "\u0130stanbul", "ISTANBUL", "\u0131", "I\u0307", "i\u0307", "stra\u00dfe", "STRASSE",
    "STRA\u1e9eE", "\u00c6sir \u00d8re", "\u0141\u00f3d\u017a", "\u0110\u00e0 N\u1eb5ng",
    "Vi\u1ec7t Nam", "Vie\u0323\u0302t",
]

SCRIPTS = [
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
    "\u03bf\u03b4\u03cd\u03c3\u03c3\u03b5\u03b1\u03c2", "\u03a3", "\u03a3\u03a3",
    "\u0391\u03a3 \u0392", "\u03ac\u03ad", "\u1f08\u1f40", "\u1fb3", "\u1fbc", "\u0345",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "\u0439\u0438\u0306",
    "\u0419\u0418\u0306", "\u4e2d\u6587\u5b57\u7b26",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8", "\u304c\u304b\u3099", "\uff76\uff9e",
    "\ud55c\uad6d\uc5b4", "\u1112\u1161\u11ab", "\uf900\ufa10",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f", "\u0651\u064e\u0628",
    "\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0939\u093f\u0928\u094d\u0926\u0940", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd", "\u10d0\u10d1\u10d2", "\u1c90\u1c91", "\u13a0\u13e1",
    "\uab70", "\u0531\u0587", "\U00010400\U00010428", "\U0001d400\U0001d41a",
    "\uff21\uff22\uff41", "\u24b6\u24d0", "\u02b0\u02bc", "\u3007\u3005",
]

SPACES = [
    " ", "   ", " a", "a ", "  a  b  ", "a\tb", "a\nb", "a\r\nb", "a\n\n\nb", "\ta\t", "a\u00a0b",
    "\u00a0a\u00a0", "a\u3000b", "a\u2003\u2009b", "a\u202fb\u205fc", "a\u1680b",
    "a\u2028b\u2029c", "a\u0085b", "a\x0bb\x0cc", "a\u200bb", "a\u200cb\u200dc", "\ufeffa",
    "a\u2060b", "a\u180eb", "a\u00adb", "a\x01b", "\x1f\x1e\x1d\x1c", "a\x1cb", "a\x7fb",
    "a\x80\x9fb", "\u200ea\u202eb\u202c", "!\u00a0!", "a \u200b b", "'\u00a0s",
]

SPECIAL = [
    "<|startoftext|>", "<|endoftext|>", "a <|endoftext|> b", "a<|endoftext|>b",
    "<|startoftext|>a photo<|endoftext|>", "<|endoftext|><|endoftext|>", "<|STARTOFTEXT|>",
    "<|EndOfText|>", "x<|ENDOFTEXT|>y", "!<|ENDOFTEXT|>!", "<|endoftext|", "|endoftext|>",
    "<<|endoftext|>>", "  <|endoftext|>  ", "don<|endoftext|>'t", "<|startoftext|",
    "< |endoftext| >", "caf<|endoftext|>e\u0301", "e<|endoftext|>\u0301",
    "<|\u0065ndoftext|>\u0301", "endoftext", "<|endoftext|>s<|startoftext|>",
]

RARE = [
    "\ue000", "\uf8ff\U000f0000", "\ufffd", "\ufffe", "\U0001fffe", "a\ue000b", "\U0010ffff",
    "\u0378", "\U0001fc00", "\u2fe0", "\U000e0001", "\ufdd0",
]

LONG = [
    "a" * 300, "balloon" * 40, "red" * 100, "!" * 200, "?!" * 90, "1" * 120, "\u4e2d" * 60,
    "\U0001f600" * 40, "ab" * 130 + " end",
    " ".join(WORDS[i * 7 % len(WORDS)] for i in range(200)), "very " * 200 + "long", "a, " * 100,
    "\u00e9" * 100, "\u0301" * 40, "x" * 1000,
]

TEXTS = (PLAIN + CONTRACTIONS + NUMBERS + PUNCTUATION + EMOJI + ACCENTS + SCRIPTS + SPACES + SPECIAL
         + RARE + LONG)
