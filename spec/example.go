package spec

import "strings"

// Example returns a commented experiment file to start from, for an experiment of a name.
func Example(name string) []byte { return []byte(strings.ReplaceAll(example, "{{name}}", name)) }

const example = `# An experiment: what to optimise, what may vary, and how one trial is run.
#   hone validate FILE    checks it and shows the first trial
#   hone run FILE         runs it here
apiVersion: hone.dev/v1beta1
kind: Experiment
metadata:
  name: {{name}}
spec:
  # The program prints lines such as "accuracy=0.97" or "accuracy: 0.97".
  objective:
    metric: accuracy
    goal: maximize            # or minimize
    # target: 0.995           # reached: the experiment succeeds
    # reduce: best            # a trial's readings as one value: best, last, min, max, mean

  parameters:
    - {name: lr,        type: double,      min: 1.0e-5, max: 1.0e-1, scale: log}
    - {name: dropout,   type: double,      min: 0, max: 0.5, step: 0.05}
    - {name: layers,    type: int,         min: 1, max: 4}
    - {name: batch,     type: discrete,    values: [16, 32, 64, 128]}
    - {name: optimizer, type: categorical, values: [sgd, adam]}
    # Conditional: active only while optimizer is sgd.
    - {name: momentum,  type: double,      min: 0, max: 0.99, when: {optimizer: [sgd]}}

  # Expressions over the parameters that every suggestion satisfies.
  # constraints:
  #   - layers * batch <= 256

  # algorithm:
  #   name: auto              # "hone algorithms" lists the names and their settings
  #   seed: 7                 # the same seed gives the same suggestions

  # Points to try first. What is left out is drawn.
  # initial:
  #   - {lr: 0.001, layers: 2, optimizer: adam}

  parallelism: 2              # trials at once
  budget:
    trials: 40
    # failures: 10            # more failed trials than this: the experiment fails
    # duration: 2h

  # stop:                     # ends the experiment early
  #   plateau: {trials: 20, minImprovement: "0.1%"}
  # earlyStopping:            # ends single trials early
  #   name: median

  # metrics:
  #   source: stdout          # or file (with path), tensorboard, prometheus, push
  #   format: text            # or json: one object per line
  #   record: [loss]          # further metrics to keep

  trial:
    # An element --name=${parameters.NAME} is left out while NAME is not active. The program also finds
    # everything in HONE_PARAMETERS (a JSON object), and has a folder of its own in HONE_TRIAL_DIR.
    command:
      - python3
      - train.py
      - --lr=${parameters.lr}
      - --dropout=${parameters.dropout}
      - --layers=${parameters.layers}
      - --batch=${parameters.batch}
      - --optimizer=${parameters.optimizer}
      - --momentum=${parameters.momentum}
    # workdir: .              # relative to this file
    # env: {OMP_NUM_THREADS: "1"}
    # timeout: 30m
    # retries: 1              # after failures that are not the program's own
    # gpus: 1                 # devices for each trial
    # On Kubernetes, by "hone submit FILE": the command runs as a Job in
    # image: registry.example/train:1
    # cpu: 500m
    # memory: 1Gi
    # or, in place of image and command, any object runs it: manifest, with a PyTorchJob, a TrainJob, …
`
