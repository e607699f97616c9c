#!/usr/bin/env python3
"""Writes one hostile capture: make.py CASE OUT [SIZE]."""
import sys

from cases import CASES

if len(sys.argv) not in (3, 4) or sys.argv[1] not in CASES:
    sys.exit(f"usage: make.py CASE OUT [SIZE]; cases: {', '.join(CASES)}")
function, size, arguments = CASES[sys.argv[1]]
function(sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else size)
print(f"mailtap read {sys.argv[2]} {' '.join(arguments)}")
