# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe of the starter model: material, parts and training."""
