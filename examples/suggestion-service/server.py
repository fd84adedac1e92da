"""A suggestion service: a (1+1) evolution strategy with the one-fifth rule. python3 server.py [HOST:PORT]"""
import math
import random
import sys
from concurrent import futures

import grpc

messages, services = grpc.protos_and_services("suggestion.proto")  # the file beside this one


def settings(experiment):
    return {s.name: s.value for s in experiment.spec.algorithm.algorithm_settings}


def finished(request):
    """The values and points of the trials that have one, in the order of finishing; less is better."""
    objective = request.experiment.spec.objective
    sign = -1 if objective.type == messages.MAXIMIZE else 1
    for t in sorted(request.trials, key=lambda t: t.status.completion_time):
        for m in t.status.observation.metrics:
            if m.name == objective.objective_metric_name and t.status.completion_time:
                yield sign * float(m.value), {a.name: a.value for a in t.spec.parameter_assignments.assignments}


def mutate(p, value, sigma, rng):
    """A value near to another one; anywhere in the space when there is none."""
    space = p.feasible_space
    if p.parameter_type in (messages.DISCRETE, messages.CATEGORICAL):
        return value if value is not None and rng.random() > sigma else rng.choice(list(space.list))
    low, high = float(space.min), float(space.max)
    log = space.distribution == messages.LOG_UNIFORM
    there, back = (math.log, math.exp) if log else (float, float)
    width = there(high) - there(low)
    at = there(low) + width * rng.random() if value is None else rng.gauss(there(float(value)), sigma * width)
    x = min(max(back(at), low), high)  # Hone rounds to the nearest step
    return str(round(x)) if p.parameter_type == messages.INT else repr(x)


class EvolutionStrategy(services.SuggestionServicer):
    def ValidateAlgorithmSettings(self, request, context):
        sigma = settings(request.experiment).get("sigma", "0.3")
        try:
            ok = 0 < float(sigma) <= 1
        except ValueError:
            ok = False
        if not ok:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"sigma is {sigma!r}: it must be above 0 and at most 1")
        return messages.ValidateAlgorithmSettingsReply()

    def GetSuggestions(self, request, context):
        kept = settings(request.experiment)  # the experiment's settings, and over them what was returned last time
        sigma, told = float(kept.get("sigma", "0.3")), int(kept.get("told", "0"))
        best, parent = math.inf, {}
        for i, (value, point) in enumerate(finished(request)):
            if i >= told:  # news since the last time
                sigma = min(1, max(1e-3, sigma * (1.5 if value < best else 1.5**-0.25)))
            if value < best:
                best, parent = value, point
            told = max(told, i + 1)
        seed = dict(context.invocation_metadata()).get("hone-seed", "0")
        reply = messages.GetSuggestionsReply()
        for k in range(request.current_request_number):
            rng = random.Random(f"{seed}/{request.total_request_number - k}")
            proposal = reply.parameter_assignments.add()
            for p in request.experiment.spec.parameter_specs.parameters:
                proposal.assignments.add(name=p.name, value=mutate(p, parent.get(p.name), sigma, rng))
        for name, value in (("sigma", repr(sigma)), ("told", str(told))):
            reply.algorithm.algorithm_settings.add(name=name, value=value)
        return reply


if __name__ == "__main__":
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    services.add_SuggestionServicer_to_server(EvolutionStrategy(), server)
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:6789").rpartition(":")
    print(f"listening on {host}:{server.add_insecure_port(f'{host}:{port}')}", flush=True)
    server.start()
    server.wait_for_termination()
