# SPDX-License-Identifier: GPL-2.0-or-later
"""Simulated hosts, real peers and checks for scenarios that run on a real kernel. docs/lab.md tells how to use them."""
