"""A worker that asks Hone for trials, runs them itself, and tells how they ended.

It needs Python 3.9 or newer and nothing else. Start as many as you like:

    python3 worker.py http://127.0.0.1:7070 experiment.yaml --name worker-1

Copy the class Experiment, and put a training of your own in the place of train().
"""

import argparse
import json
import math
import os
import random
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request


class Refused(Exception):
    """The server said no. code is one of docs/api.md: InvalidArgument, NotFound, Conflict, ..."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Lost(Exception):
    """The trial is no longer this worker's: somebody ended it, or it was silent for too long."""


class Experiment:
    """One experiment of a server. Calls are sent again while the server is away; none of them does harm twice."""

    def __init__(self, server, name, worker, namespace="default", token=None, lease=60):
        self.path = f"/namespaces/{namespace}/experiments/{name}"
        self.server, self.worker, self.token, self.lease = server.rstrip("/"), worker, token, lease

    def call(self, method, path, body=None, patience=3600):
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        pause, until = 0.1, time.monotonic() + patience
        while True:
            request = urllib.request.Request(f"{self.server}/api/v1{path}", data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                refusal = refused(error)
                if error.code not in (429, 502, 503, 504) or time.monotonic() + pause > until:
                    raise refusal from error
            except OSError as error:  # it cannot be reached, or broke off
                if time.monotonic() + pause > until:
                    raise SystemExit(f"no answer from {self.server}: {error}") from error
            time.sleep(pause * random.uniform(0.7, 1.3))
            pause = min(2 * pause, 15)

    def submit(self, file):
        """Creates the experiment, unless it is there already."""
        try:
            self.call("POST", "/experiments", file, patience=10)
        except Refused as refusal:
            if refusal.code != "AlreadyExists":
                raise

    def ask(self):
        """The next trial to run, or None when the experiment has ended. A lost answer is given again, as this worker has a name."""
        while True:
            reply = self.call("POST", f"{self.path}/ask", {"client": self.worker, "lease": f"{self.lease}s"})
            if reply["trials"]:
                return Trial(self, reply["trials"][0])
            if reply["state"] in ("Succeeded", "Failed", "Stopped"):
                return None
            time.sleep(min(reply.get("retryAfter") or 5, 5))


class Trial:
    """A trial that runs here. A thread renews its lease until it is told how the trial ended."""

    def __init__(self, experiment, trial):
        self.experiment, self.name, self.attempt, self.parameters = experiment, trial["name"], trial["attempt"], trial["parameters"]
        self.path = f"{experiment.path}/trials/{self.name}"
        self.should_stop, self.lost, self.ended = False, False, threading.Event()
        self.beat = threading.Thread(target=self.keep_lease, daemon=True)
        self.beat.start()

    def keep_lease(self):
        while not self.ended.wait(self.experiment.lease / 3):
            try:
                self.measure([])
            except (Lost, Refused, SystemExit):
                return

    def measure(self, readings):
        try:
            reply = self.experiment.call("POST", f"{self.path}/measurements", {"attempt": self.attempt, "measurements": readings})
        except Refused as refusal:
            if refusal.code not in ("Conflict", "NotFound"):
                raise
            self.lost = True
            raise Lost(str(refusal)) from refusal
        self.should_stop = self.should_stop or reply["stop"]

    def report(self, step, **metrics):
        """Sends readings. True means that the trial should end now: it is hopeless, or somebody stopped it."""
        self.measure([{"metric": name, "value": number(value), "step": step} for name, value in metrics.items()])
        return self.should_stop

    def tell(self, state, metrics=None, message=""):
        """Ends the trial. Without metrics, its readings count."""
        self.ended.set()
        body = {"attempt": self.attempt, "state": state, "message": message}
        if metrics:
            body["metrics"] = {name: number(value) for name, value in metrics.items()}
        try:
            self.experiment.call("POST", f"{self.path}/tell", body)
        except Refused as refusal:
            if refusal.code != "Conflict":
                raise
            raise Lost(str(refusal)) from refusal

    def give_back(self):
        """Ends the work without a result: the trial is handed out again."""
        try:
            self.tell("Stopped", message="given back by its worker")
            self.experiment.call("POST", f"{self.path}/retry", b"")
        except (Lost, Refused):
            pass  # it has ended already, or is another worker's


def number(value):
    """JSON has no NaN and no infinity: they travel as text."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def refused(error):
    try:
        said = json.load(error)["error"]
        return Refused(said["code"], said["message"])
    except (ValueError, KeyError, TypeError):
        return Refused("Unavailable" if error.code >= 500 else "InvalidArgument", f"the server answered {error.code}")


def train(parameters):
    """A training that takes a while: it yields its loss after every epoch. Put your own here."""
    x, y = parameters["x"], parameters["y"]
    lowest = (x - 1) ** 2 + (y + 2) ** 2
    for epoch in range(1, 11):
        time.sleep(0.05)
        yield epoch, lowest + 5 / epoch


def run(trial):
    """Runs one trial to its end, or until it should stop."""
    try:
        for epoch, loss in train(trial.parameters):
            if trial.report(epoch, loss=loss):
                trial.tell("EarlyStopped")
                return "stopped early"
        trial.tell("Succeeded")
        return "succeeded"
    except (Lost, Refused):
        raise
    except Exception as error:  # the training failed: that is told, and the next trial begins
        trial.tell("Failed", message=repr(error))
        return f"failed: {error!r}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("server")
    arguments.add_argument("file", help="the experiment file, without a section `trial`")
    arguments.add_argument("--name", default=f"{socket.gethostname()}-{os.getpid()}", help="of this worker, and of no other")
    arguments.add_argument("--experiment", default="python", help="the name in the file")
    arguments.add_argument("--lease", type=int, default=60, help="seconds until a worker that is silent loses its trial")
    args = arguments.parse_args()

    # SIGTERM and Ctrl-C break the training off wherever it is.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    experiment = Experiment(args.server, args.experiment, args.name, token=os.environ.get("HONE_TOKEN"), lease=args.lease)
    with open(args.file, "rb") as file:
        experiment.submit(file.read())
    trial = None
    try:
        while trial := experiment.ask():
            print(trial.name, "begins", flush=True)
            try:
                print(trial.name, run(trial), flush=True)
            except Lost as lost:
                trial.ended.set()
                print(trial.name, "lost:", lost, flush=True)
            trial = None
    except KeyboardInterrupt:
        if trial:
            print(trial.name, "given back", flush=True)
            trial.give_back()
        sys.exit(130)
    print("the experiment has ended", flush=True)


if __name__ == "__main__":
    main()
