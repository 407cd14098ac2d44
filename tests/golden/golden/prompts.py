# SPDX-License-Identifier: GPL-3.0-or-later
"""Prompts with weights: their parts, chunks and embeddings, by A1111's rules written out plainly;
and what the modes of ControlNet make of one evaluation."""

import json
import re

import torch
from transformers import CLIPTextModel, CLIPTokenizer

from .common import nhwc, nmse, randn, save
from .modules import CONTROL_SEEDS, conditions, make_control, make_unet

PIECE = re.compile(r"\\[()\[\]\\]?|[(\[]|:\s*([+-]?[.\d]+)\s*\)|[)\]]|[^\\()\[\]:]+|:")
BREAK = re.compile(r"\s*\bBREAK\b\s*")
COMMA_REACH = 20
KEPT = 8  # every 8th channel of the embeddings

# The embeddings of these are kept, each after the negative prompt at its side.
PAIRS = {
    "weights": ("a (red:1.4) balloon on [blue] sky", "(ugly)"),
    "zero": ("a (red balloon:0) on sky", ""),
    "chunks": ("a red balloon with stripes floats over the small green house, near the old sea "
               "and (the yellow flower:1.3), a ghost on purple, a cat and a dog, a horse", "a cat"),
    "break": ("a red balloon BREAK (on sky BREAK green)", "a cat BREAK BREAK [[a dog]] BREAK"),
}

SYNTAX = [
    "normal text", "an (important) word", "(unbalanced", r"\(literal\]", "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "", "()", "[]", "((", "))", "]]", "[[",
    "(a:1.2)", "(a: 1.2 )", "(a:\u00a0+1.2)", "(a:-1)", "(a:.5)", "(a:1.)", "(a:\u0661)",
    "a:1.2)", "a:1.2", "(a:b)", "(a:b:2)", "(a:2:3)", "[a:1.2]", "[a:1.2)", "(a]", "[a)", "([a)]",
    "(a [b) c]", "((a)b)", "[[a]b]", "(a (b [c:2) d] e", "\\", "\\\\", "\\n", r"\\(a)", r"(a\))",
    r"(a\:1.2)", "a\\", "BREAK", "a BREAK b", "a BREAK", "BREAK a", "aBREAK b", "a BREAKb",
    "a_BREAK", "a,BREAK,b", "a\n BREAK \u3000\t b", "BREAK BREAK", "BREAKBREAK", "a:BREAK:b",
    "\u00e9BREAK", "a (b:0) c", "((((((((a", "(a:999999999999)", "(a)(b)[c][d]", "a (b:1) c",
    "\u72ac (\u732b:1.5) \U0001f600",
]

# Texts whose chunks are kept; the encoder has 32 positions.
CUTS = [
    "", "red " * 30, "red " * 31, "red " * 61, "red, " * 40, "a, " + "red " * 40,
    "red " * 10 + ", " + "red " * 30, "red " * 9 + ", " + "red " * 30,
    "red " * 11 + ", " + "red " * 30, "red " * 29 + ", red", "red " * 30 + ", red " + "red " * 29,
    "red " * 30 + ", red", "red BREAK blue", "BREAK red", "red BREAK", "BREAK",
    "red " * 30 + "BREAK blue", "(red:1.5), [blue] " + "cat (dog) " * 20,
    "red " * 20 + "BREAK, " + "(cat, dog) " * 20,
]


def parse(text):
    """[[text, weight]], text being None where a chunk ends."""
    parts, opened = [], {"(": [], "[": []}

    def close(bracket, weight):
        for part in parts[opened[bracket].pop():]:
            part[1] *= weight

    for match in PIECE.finditer(text):
        piece, weight = match[0], match[1]
        if piece.startswith("\\"):
            parts.append([piece[1:], 1.0])
        elif piece in opened:
            opened[piece].append(len(parts))
        elif weight is not None and opened["("]:
            close("(", float(weight))
        elif piece == ")" and opened["("]:
            close("(", 1.1)
        elif piece == "]" and opened["["]:
            close("[", 1 / 1.1)
        else:
            for i, part in enumerate(BREAK.split(piece)):
                parts += [[None, 1.0]] * (i > 0) + [[part, 1.0]]
    for bracket, weight in (("(", 1.1), ("[", 1 / 1.1)):
        while opened[bracket]:
            close(bracket, weight)
    merged = []
    for part in parts or [["", 1.0]]:
        last = merged[-1] if merged else [None, None]
        if None not in (part[0], last[0]) and part[1] == last[1]:
            last[0] += part[0]
        else:
            merged.append(list(part))
    return [[text, 1.0 if text is None else weight] for text, weight in merged]


def chunks(tokenizer, text, length):
    """[([id], [weight])] with marks and padding."""
    size, comma = length - 2, tokenizer.convert_tokens_to_ids(",</w>")
    done, now, last_comma = [], [], -1

    def finish(count):
        nonlocal now, last_comma
        ids = [tokenizer.bos_token_id, *(id for id, _ in now[:count]), tokenizer.eos_token_id]
        weights = [1.0, *(weight for _, weight in now[:count])]
        done.append((ids + [tokenizer.pad_token_id] * (length - len(ids)),
                     weights + [1.0] * (length - len(weights))))
        now, last_comma = now[count:], -1

    for part, weight in parse(text):
        if part is None:
            finish(len(now))
            continue
        for id in tokenizer(part, add_special_tokens=False, verbose=False).input_ids:
            if id == comma:
                last_comma = len(now)
            elif len(now) == size and last_comma != -1 and size - last_comma <= COMMA_REACH:
                finish(last_comma + 1)
            if len(now) == size:
                finish(size)
            now.append((id, weight))
    if now or not done:
        finish(len(now))
    return done


def encode(parts, text, n_chunks, length):
    """[n_chunks * length, width]"""
    tokenizer, encoder = parts
    result = []
    for ids, weights in (chunks(tokenizer, text, length)
                         + chunks(tokenizer, "", length) * n_chunks)[:n_chunks]:
        z = encoder(input_ids=torch.tensor([ids])).last_hidden_state[0]
        weighted = z * torch.tensor(weights)[:, None]
        result.append(weighted * (z.mean() / weighted.mean()))
    return torch.cat(result)


def write_rows(path, tables):
    """{name: [row]}, a row a line."""
    rows = {name: ",\n".join(json.dumps(row) for row in table) for name, table in tables.items()}
    tables = ",\n".join(f'"{name}": [\n{lines}\n]' for name, lines in rows.items())
    path.write_text("{\n" + tables + "\n}\n")


def texts(out, folder):
    parts = (CLIPTokenizer.from_pretrained(folder / "tokenizer"),
             CLIPTextModel.from_pretrained(folder / "text_encoder", dtype=torch.float32).eval())
    length = parts[1].config.max_position_embeddings
    tensors, pairs = {}, []
    for name, (prompt, negative) in PAIRS.items():
        count = max(len(chunks(parts[0], text, length)) for text in (prompt, negative))
        embedding = torch.stack([encode(parts, text, count, length) for text in (negative, prompt)])
        tensors[name] = embedding[:, :, ::KEPT]
        pairs.append(dict(name=name, prompt=prompt, negative=negative, chunks=count))
        print(f"prompts: {name}: {count} chunks, std {embedding.std():.3f}")
    save(out / "prompts.safetensors", tensors)
    write_rows(out / "prompts.json", dict(
        pairs=pairs, syntax=[dict(text=text, parts=parse(text)) for text in SYNTAX],
        cuts=[dict(text=text, chunks=chunks(parts[0], text, length)) for text in CUTS]))


def control_modes(out):
    """One evaluation of unet-sd15 in a batch of negative and positive, with controlnet-a."""
    unet, control = make_unet("unet-sd15"), make_control("controlnet-a")
    image = conditions()[list(CONTROL_SEEDS).index("controlnet-a")]
    sample, context, timestep = randn(620, 1, 4, 16, 16), randn(621, 2, 77, 32), 601.0
    both = torch.cat([sample, sample])

    def predict(down, mid):
        return unet(both, timestep, context, down_block_additional_residuals=down,
                    mid_block_additional_residual=mid).sample

    def residuals(images, text, **settings):
        return control(both[:len(text)], timestep, text, images, return_dict=False, **settings)

    weight = 0.8
    down, mid = residuals(torch.cat([image, image]), context, conditioning_scale=weight)
    balanced = predict(down, mid)
    last = len(down)
    prompt = predict([x * 0.825 ** (last - i) for i, x in enumerate(down)], mid)
    # As StableDiffusionControlNetPipeline does it in guess mode, but with equal scales.
    down, mid = residuals(image, context[1:], conditioning_scale=weight)
    halves = [torch.cat([torch.zeros_like(x), x]) for x in (*down, mid)]
    drawing = predict(halves[:-1], halves[-1])
    save(out / "control-modes.safetensors", {
        "latents": nhwc(sample), "context": context,
        "weight": torch.tensor([weight]), "timestep": torch.tensor([timestep]),
        "balanced": nhwc(balanced), "prompt": nhwc(prompt), "control": nhwc(drawing)})
    print(f"control modes: prompt to balanced {nmse(prompt, balanced):.2g},"
          f" control to balanced {nmse(drawing, balanced):.2g}")


def make(out, folder):
    texts(out, folder)
    control_modes(out)
