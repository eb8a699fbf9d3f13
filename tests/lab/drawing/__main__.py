# SPDX-License-Identifier: GPL-2.0-or-later
"""python3 -m drawing RECORDING FOLDER: draws top.svg, dashboard.svg and dashboard-beginning.svg into FOLDER."""

import json
import sys
from pathlib import Path

from drawing.dashboard import draw_dashboard
from drawing.terminal import draw_terminal
from lab.dashboard import dashboard

# Rows of the dashboard's grid that the README shows.
_BEGINNING = 20


def main(recording_file: str, folder: str) -> None:
    recording = json.loads(Path(recording_file).read_text())
    pictures = {
        "top": draw_terminal("sallyport top", recording["top"]),
        "dashboard": draw_dashboard(dashboard(), recording),
        "dashboard-beginning": draw_dashboard(dashboard(), recording, _BEGINNING),
    }
    Path(folder).mkdir(exist_ok=True)
    for name, picture in pictures.items():
        path = Path(folder, f"{name}.svg")
        path.write_text(picture)
        print(f"{path}: {len(picture.encode()) // 1024} KiB")


if __name__ == "__main__":
    main(*sys.argv[1:])
