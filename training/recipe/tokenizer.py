# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte-pair encoding in CLIP's form: vocab.json and merges.txt that CLIPTokenizer reads."""

import collections
import itertools
import json
import re
from pathlib import Path

# CLIP's pattern, for text in small letters: words, single digits, rows of other signs.
PATTERN = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


def byte_letters():
    """GPT-2's printable letter for each of the 256 bytes."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {b: chr(b) for b in kept}
    others = [b for b in range(256) if b not in letters]
    return letters | {b: chr(256 + i) for i, b in enumerate(others)}


LETTERS = byte_letters()


def _letters(word):
    letters = [LETTERS[b] for b in word.encode()]
    return (*letters[:-1], letters[-1] + WORD_END)


def _merge(word, pair):
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)


def train(texts, merges):
    """The `merges` most frequent pairs, one after the other, of what `texts` hold."""
    counts = collections.Counter(w for text in texts for w in PATTERN.findall(text.lower()))
    words = {_letters(word): count for word, count in counts.items()}
    found = []
    while len(found) < merges:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append(best)
        words = {_merge(word, best) if best[0] in word else word: n for word, n in words.items()}
    return found


class Tokenizer:
    """Text to rows of `positions` tokens: start, words, end, and ends as padding."""

    def __init__(self, merges, positions):
        letters = sorted(LETTERS.values())
        names = letters + [letter + WORD_END for letter in letters]
        names += ["".join(pair) for pair in merges] + [START, END]
        self.merges, self.positions = [tuple(pair) for pair in merges], positions
        self.vocabulary = {name: i for i, name in enumerate(dict.fromkeys(names))}
        self.ranks = {pair: i for i, pair in enumerate(self.merges)}
        self.known = {}

    @classmethod
    def load(cls, folder, positions):
        """From a folder with vocab.json and merges.txt."""
        folder = Path(folder)
        lines = (folder / "merges.txt").read_text().splitlines()
        tokenizer = cls([line.split() for line in lines[1:] if line.strip()], positions)
        tokenizer.vocabulary = json.loads((folder / "vocab.json").read_text())
        return tokenizer

    def save(self, folder):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lines = ["#version: 0.2", *(" ".join(pair) for pair in self.merges)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n")
        (folder / "vocab.json").write_text(json.dumps(self.vocabulary, ensure_ascii=False))
        (folder / "tokenizer_config.json").write_text(
            json.dumps(
                {
                    "tokenizer_class": "CLIPTokenizer",
                    "model_max_length": self.positions,
                    "do_lower_case": True,
                    "bos_token": START,
                    "eos_token": END,
                    "unk_token": END,
                    "pad_token": END,
                },
                indent=2,
            )
        )
        marks = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
        (folder / "special_tokens_map.json").write_text(json.dumps(marks, indent=2))

    def _word(self, word):
        if word not in self.known:
            pieces = _letters(word)
            while len(pieces) > 1:
                pairs = [
                    (self.ranks.get(pair, 1 << 30), pair) for pair in itertools.pairwise(pieces)
                ]
                rank, pair = min(pairs)
                if rank == 1 << 30:
                    break
                pieces = _merge(pieces, pair)
            self.known[word] = [self.vocabulary[piece] for piece in pieces]
        return self.known[word]

    def encode(self, text):
        """A list of exactly `positions` token numbers; what is too long is cut."""
        start, end = self.vocabulary[START], self.vocabulary[END]
        tokens = [t for word in PATTERN.findall(text.lower()) for t in self._word(word)]
        tokens = [start, *tokens[: self.positions - 2]]
        return tokens + [end] * (self.positions - len(tokens))
