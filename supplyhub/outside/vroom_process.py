"""What `vroom_solver` starts: distances come in as JSON, the path goes out. Nobody imports this, for it imports pandas."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta

import vroom

# Others use this machine, too.
NICE = 19
SECONDS = 10
# VROOM counts in whole numbers: decimetres here.
A_METRE = 10
# 0 to 5: the deeper, the shorter the path, and the longer it takes.
EXPLORATION = 5


def solve(distances: list[list[float]]) -> list[int]:
    """Return the path that VROOM finds from 0 over all points, its end free."""
    asked = vroom.Input()
    asked.set_durations_matrix("car", [[round(metres * A_METRE) for metres in row] for row in distances])
    asked.add_vehicle(vroom.Vehicle(1, start=0))
    asked.add_job([vroom.Job(point, location=point) for point in range(1, len(distances))])
    found = asked.solve(exploration_level=EXPLORATION, nb_threads=1, timeout=timedelta(seconds=SECONDS))
    steps = found.to_dict()["routes"][0]["steps"]
    return [0] + [step["location_index"] for step in steps if step["type"] == "job"]


if __name__ == "__main__":
    os.nice(NICE)
    json.dump(solve(json.load(sys.stdin)), sys.stdout)
