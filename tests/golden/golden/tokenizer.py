# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids of many texts, by transformers' CLIPTokenizer, which runs on the tokenizers library."""

import json
import shutil

from transformers import CLIPTokenizer

from .texts import TEXTS

FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json")


def make(out, source):
    folder = out / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, folder / name)
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    lines = []
    for text in dict.fromkeys(TEXTS):
        ids = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
        lines.append(json.dumps({"text": text, "ids": ids}, ensure_ascii=True))
    (folder / "ids.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(f"tokenizer: {type(tokenizer).__name__}, {len(lines)} texts")
