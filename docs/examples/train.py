"""Any program: it is told arm, seed and where to write; tests/test_examples.py runs it. Nothing of ours is imported."""

import json
import random
import sys

# [check]
arm, seed, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
generator = random.Random(f"{arm} {seed}")
losses = [generator.gauss(4.0 if arm == "reference" else 1.0, 1.0) for _ in range(8)]  # your training and its losses
with open(out, "w") as file:
    json.dump({"losses on S": losses}, file)
