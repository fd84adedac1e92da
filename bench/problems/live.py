"""Trains small models of scikit-learn on request: one JSON object per line in, one out.

In:  {"task": "svm-digits", "parameters": {"C": 1.0, ...}}
Out: {"value": 0.0123}, the error by cross-validation with fixed folds and seeds; less is better. A training that
     fails gives {"value": null, "why": "..."}.

The first line out is {"ready": "<version of scikit-learn>"}. The end of the input ends the program.
"""

import json
import os
import sys
import warnings

# One thread: what is measured must not depend on how many cores there are.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np
import sklearn
from sklearn import datasets, ensemble, model_selection, pipeline, preprocessing, svm

warnings.filterwarnings("ignore")


def scaled(model):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def build_svm(p):
    kernel = p["kernel"]
    rest = {}
    if kernel != "linear":
        rest["gamma"] = p["gamma"]
    if kernel == "poly":
        rest["degree"] = int(p["degree"])
    return scaled(svm.SVC(C=p["C"], kernel=kernel, max_iter=20000, random_state=0, **rest))


def build_boosting(p):
    return ensemble.GradientBoostingRegressor(
        learning_rate=p["learning_rate"],
        n_estimators=int(p["n_estimators"]),
        max_depth=int(p["max_depth"]),
        subsample=p["subsample"],
        min_samples_leaf=int(p["min_samples_leaf"]),
        max_features=p["max_features"],
        random_state=0,
    )


def build_forest(p):
    return ensemble.RandomForestClassifier(
        n_estimators=int(p["n_estimators"]),
        criterion=p["criterion"],
        max_depth=int(p["max_depth"]),
        min_samples_split=int(p["min_samples_split"]),
        max_features=p["max_features"],
        bootstrap=p["bootstrap"],
        random_state=0,
    )


def build_svr(p):
    return scaled(svm.SVR(C=p["C"], epsilon=p["epsilon"], gamma=p["gamma"], max_iter=20000))


MODELS = {"svm": build_svm, "boosting": build_boosting, "forest": build_forest, "svr": build_svr}
DATA = {}


def data(name):
    """Loads a data set once. The digits are cut to 600 so that a training takes tenths of a second."""
    if name not in DATA:
        x, y = getattr(datasets, "load_" + {"breast": "breast_cancer"}.get(name, name))(return_X_y=True)
        DATA[name] = (x[:600], y[:600]) if name == "digits" else (x, y)
    return DATA[name]


def train(task, parameters):
    model, name = task.split("-")
    x, y = data(name)
    if name == "diabetes":
        folds, scoring = model_selection.KFold(3, shuffle=True, random_state=0), "neg_root_mean_squared_error"
    else:
        # The log loss sees differences that the share of errors, of a few hundred samples, does not.
        scoring = "accuracy" if model == "svm" else "neg_log_loss"
        folds = model_selection.StratifiedKFold(3, shuffle=True, random_state=0)
    scores = model_selection.cross_val_score(MODELS[model](parameters), x, y, cv=folds, scoring=scoring, error_score="raise")
    value = float(-np.mean(scores)) if scoring != "accuracy" else 1 - float(np.mean(scores))
    return value if np.isfinite(value) else None


def main():
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not come between the answers
    print(json.dumps({"ready": sklearn.__version__}), file=out, flush=True)
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = {"value": train(request["task"], request["parameters"])}
        except Exception as e:  # a training may fail in any way; the tuner is told that it has no value
            answer = {"value": None, "why": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
