package collector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// TestFrameworks reads what training programs print as they are, with the settings that a user would
// write first.
func TestFrameworks(t *testing.T) {
	for _, c := range []struct {
		name      string
		objective string
		spec      hone.MetricsSpec
		text      string
		want      []plain
	}{
		{"Keras, one line an epoch", "val_accuracy", hone.MetricsSpec{Record: []string{"loss"}},
			"Epoch 1/2\n938/938 - 2s - 2ms/step - accuracy: 0.9167 - loss: 0.2910 - val_accuracy: 0.9563 - val_loss: 0.1460\n" +
				"Epoch 2/2\n938/938 - 1s - 2ms/step - accuracy: 0.9592 - loss: 0.1402 - val_accuracy: 0.9672 - val_loss: 0.1096\n",
			[]plain{{"loss", "0.291", 1}, {"val_accuracy", "0.9563", 1}, {"loss", "0.1402", 2}, {"val_accuracy", "0.9672", 2}}},
		{"Keras with its bar", "val_accuracy", hone.MetricsSpec{Record: []string{"accuracy"}},
			"Epoch 1/1\n\n\x1b[1m 1/10\x1b[0m \x1b[32m━\x1b[0m\x1b[37m━━━\x1b[0m \x1b[1m3s\x1b[0m 400ms/step - accuracy: 0.1000 - loss: 2.4" +
				"\b\b\b\b\b\b\r\x1b[1m10/10\x1b[0m \x1b[32m━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m 4ms/step - accuracy: 0.5250 - loss: 1.2 - val_accuracy: 0.6100 - val_loss: 1.0\n",
			[]plain{{"accuracy", "0.1", 1}, {"accuracy", "0.525", 1}, {"val_accuracy", "0.61", 1}}},
		{"PyTorch's MNIST", "Loss", hone.MetricsSpec{Record: []string{"Accuracy"}},
			"Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.282550\nTrain Epoch: 1 [640/60000 (1%)]\tLoss: 1.384744\n\nTest set: Average loss: 0.0500, Accuracy: 9833/10000 (98%)\n",
			[]plain{{"Loss", "2.28255", 1}, {"Loss", "1.384744", 1}, {"Accuracy", "0.9833", none}}},
		{"a PyTorch tutorial", "Loss", hone.MetricsSpec{},
			"Epoch [1/5], Step [100/600], Loss: 0.3021\nEpoch [1/5], Step [200/600], Loss: 0.2466\n",
			[]plain{{"Loss", "0.3021", 100}, {"Loss", "0.2466", 200}}},
		{"PyTorch's ImageNet, by a pattern", "Acc@1", hone.MetricsSpec{Pattern: `(?P<name>Acc@\d)\s+(?P<value>[\d.]+)`},
			"Epoch: [0][  10/5005]\tTime  0.5 ( 0.7)\tLoss 6.91e+00 (6.95e+00)\tAcc@1   0.39 (  0.21)\n * Acc@1 70.292 Acc@5 89.476\n",
			[]plain{{"Acc@1", "0.39", none}, {"Acc@1", "70.292", none}}},
		{"Lightning's bar", "val_loss", hone.MetricsSpec{Record: []string{"train_loss"}},
			"Epoch 0:  50%|█████     | 50/100 [00:01<00:01, 49.9it/s, v_num=0, train_loss=0.412]\r" +
				"Epoch 0: 100%|██████████| 100/100 [00:02<00:00, 49.9it/s, v_num=0, train_loss=0.355, val_loss=0.401]\n" +
				"`Trainer.fit` stopped: `max_epochs=1` reached.\n",
			[]plain{{"train_loss", "0.412", 0}, {"train_loss", "0.355", 0}, {"val_loss", "0.401", 0}}},
		{"Lightning's table", "val_acc", hone.MetricsSpec{Pattern: `(?P<name>\w+)\s+│\s+(?P<value>\S+)`},
			"│         val_acc           │    0.9312000274658203     │\n", []plain{{"val_acc", "0.9312000274658203", none}}},
		{"Hugging Face Trainer", "eval_accuracy", hone.MetricsSpec{Record: []string{"loss"}},
			"{'loss': 0.6931, 'grad_norm': 2.25, 'learning_rate': 5e-05, 'epoch': 1.0}\n" +
				"  5%|▌         | 100/2000 [00:10<03:10, 10.0it/s]\n" +
				"{'eval_loss': 0.5, 'eval_accuracy': 0.81, 'eval_runtime': 1.2, 'epoch': 1.0}\n",
			[]plain{{"loss", "0.6931", 1}, {"eval_accuracy", "0.81", 1}}},
		{"Hugging Face Trainer, strings", "loss", hone.MetricsSpec{},
			"{'loss': '0.6931', 'epoch': '0.5'}\n", []plain{{"loss", "0.6931", none}}},
		{"scikit-learn, verbose", "loss", hone.MetricsSpec{},
			"Iteration 1, loss = 2.31\nIteration 2, loss = 2.12\nTraining loss did not improve more than tol=0.000100\n",
			[]plain{{"loss", "2.31", none}, {"loss", "2.12", none}}},
		{"scikit-learn's search", "score", hone.MetricsSpec{},
			"[CV 1/3] END .................C=1, gamma=0.1;, score=0.967 total time=   0.0s\n", []plain{{"score", "0.967", none}}},
		{"XGBoost", "validation-rmse", hone.MetricsSpec{Record: []string{"train-rmse"}},
			"[10:11:12] INFO: src/learner.cc:1\n[0]\ttrain-rmse:0.4\tvalidation-rmse:0.5\n[10]\ttrain-rmse:0.3\tvalidation-rmse:0.35\n",
			[]plain{{"train-rmse", "0.4", 0}, {"validation-rmse", "0.5", 0}, {"train-rmse", "0.3", 10}, {"validation-rmse", "0.35", 10}}},
		{"XGBoost's cross-validation", "test-rmse", hone.MetricsSpec{}, "[0]\ttrain-rmse:0.5+0.01\ttest-rmse:0.6+0.02\n", []plain{{"test-rmse", "0.6", 0}}},
		{"LightGBM", "auc", hone.MetricsSpec{},
			"[LightGBM] [Info] Number of positive: 212, number of negative: 357\n[10]\tvalid_0's auc: 0.95\n[20]\tvalid_0's auc: 0.97\nEarly stopping, best iteration is:\n[15]\tvalid_0's auc: 0.98\n",
			[]plain{{"auc", "0.95", 10}, {"auc", "0.97", 20}, {"auc", "0.98", 15}}},
		{"CatBoost", "test", hone.MetricsSpec{Record: []string{"learn"}},
			"0:\tlearn: 0.6\ttest: 0.61\tbest: 0.61 (0)\ttotal: 60ms\tremaining: 1s\n", []plain{{"learn", "0.6", 0}, {"test", "0.61", 0}}},
		{"fastText", "P@1", hone.MetricsSpec{Record: []string{"R@1", "avg.loss"}},
			"\rProgress:  50.0% words/sec/thread:   50000 lr:  0.050000 avg.loss:  1.9 ETA:   0h 0m 1s\rProgress: 100.0% words/sec/thread:   50000 lr:  0.000000 avg.loss:  1.2 ETA:   0h 0m 0s\nN\t3000\nP@1\t0.124\nR@1\t0.0541\n",
			[]plain{{"avg.loss", "1.9", none}, {"avg.loss", "1.2", none}, {"P@1", "0.124", none}, {"R@1", "0.0541", none}}},
		{"fairseq", "loss", hone.MetricsSpec{},
			"2024-01-02 10:11:12 | INFO | train_inner | epoch 001:    100 / 1102 loss=12.4, nll_loss=12.1, ppl=4400, wps=21000, num_updates=100\n",
			[]plain{{"loss", "12.4", 1}}},
		{"Megatron, by a pattern", "lm_loss", hone.MetricsSpec{Pattern: `iteration\s+(?P<step>\d+)|(?P<name>lm loss): (?P<value>\S+)`},
			" iteration      100/  500000 | consumed samples:  6400 | lm loss: 7.3E+00 | grad norm: 1.0 |\n", []plain{{"lm_loss", "7.3", 100}}},
		{"Ultralytics' dictionary", "metrics/mAP50_B", hone.MetricsSpec{Record: []string{"fitness"}},
			"{'metrics/precision(B)': np.float64(0.64), 'metrics/mAP50(B)': np.float64(0.61), 'fitness': 0.46}\n",
			[]plain{{"metrics/mAP50_B", "0.61", none}, {"fitness", "0.46", none}}},
		{"Ultralytics' table, by a pattern", "all", hone.MetricsSpec{Pattern: `(?P<name>all)\s+\d+\s+\d+\s+\S+\s+\S+\s+(?P<value>\S+)`},
			"                   all        128        929      0.64      0.537      0.605      0.446\n", []plain{{"all", "0.605", none}}},
		{"MMEngine", "loss", hone.MetricsSpec{Record: []string{"coco/bbox_mAP"}},
			"01/02 10:11:12 - mmengine - INFO - Epoch(train)  [1][ 50/118]  lr: 1.0000e-03  eta: 0:10:00  time: 0.5  loss: 1.9\n" +
				"01/02 10:12:12 - mmengine - INFO - Epoch(val) [1][50/50]    coco/bbox_mAP: 0.3120  data_time: 0.01\n",
			[]plain{{"loss", "1.9", 1}, {"coco/bbox_mAP", "0.312", 1}}},
		{"tqdm's bars", "loss", hone.MetricsSpec{},
			"\r  0%|          | 0/3 [00:00<?, ?it/s]\repoch 1:  33%|███▎      | 1/3 [00:00<00:00,  9.9it/s, loss=0.9]\repoch 1: 100%|██████████| 3/3 [00:00<00:00,  9.9it/s, loss=0.7]\n",
			[]plain{{"loss", "0.9", 1}, {"loss", "0.7", 1}}},
		{"structlog's key and value", "loss", hone.MetricsSpec{},
			"\x1b[2m2024-01-02T10:11:12.123Z\x1b[0m [\x1b[32m\x1b[1minfo     \x1b[0m] \x1b[1mepoch done   \x1b[0m \x1b[36mepoch\x1b[0m=\x1b[35m3\x1b[0m \x1b[36mloss\x1b[0m=\x1b[35m0.25\x1b[0m\n",
			[]plain{{"loss", "0.25", 3}}},
		{"a logger that prints JSON, read as text", "loss", hone.MetricsSpec{},
			`{"level":"info","ts":1700000000.1,"msg":"done","epoch":2,"loss":0.5}` + "\n", []plain{{"loss", "0.5", 2}}},
		{"Vowpal Wabbit", "loss", hone.MetricsSpec{Pattern: `average (?P<name>loss) = (?P<value>\S+)`}, "average loss = 0.43 h\n", []plain{{"loss", "0.43", none}}},
		{"Go's log", "accuracy", hone.MetricsSpec{}, "2024/01/02 10:11:12 epoch=4 accuracy=0.97\n", []plain{{"accuracy", "0.97", 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec(c.objective, c.spec), c.text)
			require.Equal(t, c.want, plainly(got))
		})
	}
}
