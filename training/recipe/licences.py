# SPDX-License-Identifier: GPL-3.0-or-later
"""The notices that must travel with every model made by this recipe."""

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
RULE = "-" * 96

NOTICES = f"""\
The model in this folder was trained on two works, whose licences ask that their notices travel
with what is made from them:

1. Fluent Emoji in its styles 3D, flat and high contrast, as packed in @lobehub/fluent-emoji-3d
   1.1.0, @iconify-json/fluent-emoji-flat 1.2.6 and @iconify-json/fluent-emoji-high-contrast 1.2.6
   (https://github.com/microsoft/fluentui-emoji). The pictures.

2. emojibase-data 17.0.0 (https://emojibase.dev). The names and tags, from which the captions were
   made.

Figures and solids were rendered by the recipe itself. The weights and configuration files of this
folder are under the same licence as the two: MIT.

{RULE}
1. Fluent Emoji

MIT License

Copyright (c) Microsoft Corporation.

{MIT}
{RULE}
2. emojibase-data

MIT License

Copyright (c) Miles Johnson

{MIT}"""
