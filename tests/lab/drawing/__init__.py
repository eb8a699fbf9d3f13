# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws the documentation's pictures as SVG, of what tests/lab/pictures.py has recorded; docs/lab.md says how."""
