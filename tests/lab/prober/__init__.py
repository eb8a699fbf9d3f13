# SPDX-License-Identifier: GPL-2.0-or-later
"""A black-box conformance prober for L2TPv2 concentrators: an LAC that knows how to misbehave, and is strict itself.

It shares no code with the daemon, so that a misreading of RFC 2661 is not made twice. docs/lab.md tells how to use it.
"""
