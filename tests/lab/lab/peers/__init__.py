# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs under test and the ones they talk to: one module each."""
