"""Cross-validates a classifier of handwritten digits. It only prints; it knows nothing of Hone."""

import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import SVC


def build(args):
    if args.model == "svm":
        return SVC(C=args.C, gamma=args.gamma)
    return HistGradientBoostingClassifier(
        learning_rate=args.learning_rate,
        max_leaf_nodes=args.leaves,
        max_iter=args.iterations,
        early_stopping=False,
        random_state=0,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["svm", "boosting"], default="svm")
    parser.add_argument("--C", type=float, default=1.0)
    parser.add_argument("--gamma", type=float, default=0.01)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--leaves", type=int, default=8)
    parser.add_argument("--iterations", type=int, default=20)
    args = parser.parse_args()

    images, digits = load_digits(return_X_y=True)
    images = images / 16
    folds = StratifiedKFold(n_splits=3, shuffle=True, random_state=0)
    scores = []
    for fold, (train, validation) in enumerate(folds.split(images, digits), start=1):
        model = build(args).fit(images[train], digits[train])
        scores.append(model.score(images[validation], digits[validation]))
        print(f"fold {fold} of {folds.n_splits}: fold_accuracy={scores[-1]:.4f}")
    print(f"accuracy: {np.mean(scores):.4f}")


if __name__ == "__main__":
    main()
