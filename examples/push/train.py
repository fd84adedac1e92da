"""Trains a softmax classifier of handwritten digits and pushes its accuracy after every epoch.

Only the standard library is used. `push` is what there is to copy: everything it needs comes from the
environment that Hone makes for a trial.
"""

import argparse
import csv
import gzip
import json
import math
import os
import pathlib
import random
import urllib.error
import urllib.request

DATA = pathlib.Path(__file__).parent.parent / "digits" / "data" / "digits.csv.gz"

# HONE_URL is on this machine: no proxy is asked for it, whatever the environment says.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def push(readings, step):
    """Sends readings, a dict from metric to number. True means that the trial should end."""
    env = os.environ
    if not env.get("HONE_URL"):  # started by hand
        print(step, readings)
        return False
    url = (
        f"{env['HONE_URL']}/api/v1/namespaces/{env['HONE_NAMESPACE']}/experiments/{env['HONE_EXPERIMENT']}"
        f"/trials/{env['HONE_TRIAL']}/measurements"
    )
    body = {
        "attempt": int(env["HONE_ATTEMPT"]),
        "measurements": [{"metric": name, "value": value, "step": step} for name, value in readings.items()],
    }
    headers = {"Authorization": f"Bearer {env['HONE_TOKEN']}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)["stop"]
    except urllib.error.HTTPError as error:  # its body says what is wrong
        raise SystemExit(f"the push was refused: {error.read().decode()}") from error


def load():
    """Reads the images: 64 numbers from 0 to 1 and a constant, with the digit that they show."""
    with gzip.open(DATA, "rt", newline="") as file:
        rows = [[int(x) for x in row] for row in csv.reader(file)]
    images = [([x / 16 for x in row[:64]] + [1.0], row[64]) for row in rows]
    random.Random(0).shuffle(images)
    return images[:600], images[600:1000]


def scores(weights, pixels):
    return [sum(w * x for w, x in zip(row, pixels)) for row in weights]


def train_epoch(weights, velocity, images, lr, momentum):
    """Goes down the gradient of the cross-entropy, image by image."""
    for pixels, digit in images:
        s = scores(weights, pixels)
        most = max(s)
        e = [math.exp(x - most) for x in s]
        total = sum(e)
        for k in range(10):
            wrong = e[k] / total - (k == digit)
            if momentum:
                velocity[k] = [momentum * v - lr * wrong * x for v, x in zip(velocity[k], pixels)]
                weights[k] = [w + v for w, v in zip(weights[k], velocity[k])]
            else:
                weights[k] = [w - lr * wrong * x for w, x in zip(weights[k], pixels)]


def accuracy(weights, images):
    right = 0
    for pixels, digit in images:
        s = scores(weights, pixels)
        right += s.index(max(s)) == digit
    return right / len(images)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--update", choices=["plain", "momentum"], default="plain")
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()

    momentum = args.momentum if args.update == "momentum" else 0.0
    training, validation = load()
    weights = [[0.0] * 65 for _ in range(10)]
    velocity = [[0.0] * 65 for _ in range(10)]
    for epoch in range(1, args.epochs + 1):
        train_epoch(weights, velocity, training, args.lr, momentum)
        if push({"accuracy": accuracy(weights, validation)}, step=epoch):
            break


if __name__ == "__main__":
    main()
