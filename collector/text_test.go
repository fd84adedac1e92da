package collector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// none is a reading without a step.
const none = -1

func TestTextLines(t *testing.T) {
	record := []string{"accuracy", "val_loss", "val_accuracy", "train/loss", "val.loss", "top-1", "P@1", "test:acc", "validation-rmse", "auc"}
	for _, c := range []struct {
		name, text string
		want       []plain
	}{
		{"name=value", "loss=0.3\n", []plain{{"loss", "0.3", none}}},
		{"name: value", "loss: 0.3\n", []plain{{"loss", "0.3", none}}},
		{"blanks on both sides", "loss = 0.3\nloss : 0.4\nloss\t=\t0.5\n", []plain{{"loss", "0.3", none}, {"loss", "0.4", none}, {"loss", "0.5", none}}},
		{"several on a line", "loss=0.3 accuracy=0.9\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}}},
		{"with commas and semicolons", "loss=0.3, accuracy=0.9;val_loss=0.4|auc=1\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}, {"val_loss", "0.4", none}, {"auc", "1", none}}},
		{"a list of integers with commas between pairs", "auc=1,loss=2\n", []plain{{"auc", "1", none}, {"loss", "2", none}}},
		{"another name is not this one", "val_loss=1 train_loss=2 losses=3 loss2=4 xloss=5 total/loss=6 my.loss=7 a-loss=8\n", []plain{{"val_loss", "1", none}}},
		{"a name in another script goes on", "größeloss=1 →loss=2 │loss=3\n", []plain{{"loss", "2", none}, {"loss", "3", none}}},
		{"names with signs", "train/loss=1 val.loss: 2 top-1=3 P@1: 4 test:acc=5 test:acc: 6\n",
			[]plain{{"train/loss", "1", none}, {"val.loss", "2", none}, {"top-1", "3", none}, {"P@1", "4", none}, {"test:acc", "5", none}, {"test:acc", "6", none}}},
		{"a prefix with a colon is another name", "train:loss=1\n", []plain{}},
		{"a time in front", "2024-01-02 10:11:12,123 INFO loss=0.3\n", []plain{{"loss", "0.3", none}}},
		{"a logger's prefix", "INFO:root:loss=0.3\nWARNING:my.module:loss: 0.4\n10:11:12:loss=0.5\n", []plain{{"loss", "0.3", none}, {"loss", "0.4", none}, {"loss", "0.5", none}}},
		{"a level with blanks", "[2024-01-02T10:11:12Z] [INFO] train.py:12 - loss=0.3\n", []plain{{"loss", "0.3", none}}},
		{"numbers", "loss=1 loss=-2 loss=+.5 loss=5. loss=1e-3 loss=1E+3 loss=.25e2 loss=007\n",
			[]plain{{"loss", "1", none}, {"loss", "-2", none}, {"loss", "0.5", none}, {"loss", "5", none}, {"loss", "0.001", none}, {"loss", "1000", none}, {"loss", "25", none}, {"loss", "7", none}}},
		{"no numbers", "loss=abc loss= loss=0x10 loss=1.2.3 loss=3rd loss=12:30 loss=2024-01-02 loss=1_000 loss=. loss=- loss=e5 loss=None loss=1e loss=5%s\n", []plain{}},
		{"nan in its spellings", "loss=nan loss=NaN loss=NAN loss=-nan loss=+nan loss=-nan(ind) loss=1.#QNAN loss=-1.#IND\n",
			[]plain{{"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}, {"loss", "NaN", none}}},
		{"inf in its spellings", "loss=inf loss=-inf loss=+Inf loss=INF loss=Infinity loss=-infinity loss=1.#INF loss=∞ loss=1e999\n",
			[]plain{{"loss", "Infinity", none}, {"loss", "-Infinity", none}, {"loss", "Infinity", none}, {"loss", "Infinity", none}, {"loss", "Infinity", none}, {"loss", "-Infinity", none}, {"loss", "Infinity", none}, {"loss", "Infinity", none}, {"loss", "Infinity", none}}},
		{"words that begin like nan and inf", "loss=nano loss=info loss=infinite loss=none\n", []plain{}},
		{"a percentage is the number that is printed", "accuracy=97.5% loss: 3 %\n", []plain{{"accuracy", "97.5", none}, {"loss", "3", none}}},
		{"a ratio is its value", "accuracy: 9/10 (90%)\n", []plain{{"accuracy", "0.9", none}}},
		{"a date is none", "loss=2024/01/02 loss=1/0\n", []plain{}},
		{"groups of thousands", "loss=1,234.5 loss: 12,345,678\n", []plain{{"loss", "1234.5", none}, {"loss", "12345678", none}}},
		{"a decimal comma is not guessed at", "loss=0,35 loss=1,2\n", []plain{}},
		{"a point at the end of a sentence", "The final loss=0.3. Bye, accuracy: 1.\n", []plain{{"loss", "0.3", none}, {"accuracy", "1", none}}},
		{"a unit is not dropped", "loss=3.2ms loss=1.5s loss=2µs\n", []plain{}},
		{"a spread behind a plus", "loss=0.5+0.01 loss=0.5±0.01 loss: 0.5 +/- 0.1\n", []plain{{"loss", "0.5", none}, {"loss", "0.5", none}, {"loss", "0.5", none}}},
		{"quotes and brackets", `{"loss": 0.3, 'accuracy': 0.9} loss="0.4" (loss=0.5) [loss: 0.6]` + "\n",
			[]plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}, {"loss", "0.4", none}, {"loss", "0.5", none}, {"loss", "0.6", none}}},
		{"what Python prints around numbers", "{'loss': np.float64(0.3), 'accuracy': tensor(0.9, device='cuda:0')} loss=Decimal('0.4')\n",
			[]plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}, {"loss", "0.4", none}}},
		{"comparisons are no readings", "if loss<=0.3 or loss>=1 or loss==2 or loss!=3\n", []plain{}},
		{"an assignment sign", "loss:=0.3 loss := 0.4\n", []plain{{"loss", "0.3", none}, {"loss", "0.4", none}}},
		{"words of a name apart", "Train loss: 0.5, val loss: 0.4\n", []plain{{"loss", "0.5", none}, {"val_loss", "0.4", none}}},
		{"a leader of dots", "loss.....: 0.3\n--loss=0.4\n", []plain{{"loss", "0.3", none}, {"loss", "0.4", none}}},
		{"a line that is a name and a number", "loss 0.3\nP@1\t0.9\nthe loss 0.4\nloss 0.3 now\n", []plain{{"loss", "0.3", none}, {"P@1", "0.9", none}}},
		{"a carriage return ends a line", "\rloss=1\rloss=2\r\nloss=3", []plain{{"loss", "1", none}, {"loss", "2", none}, {"loss", "3", none}}},
		{"colours", "\x1b[1;32mloss\x1b[0m=\x1b[31m0.3\x1b[0m \x1b[Kaccuracy\x1b[0m\x1b[0m: \x1b[33m0.9\x1b[m\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}}},
		{"moves of the cursor separate", "loss=1\x1b[2Aloss=2\x1b[10Gaccuracy=3\n", []plain{{"loss", "1", none}, {"loss", "2", none}, {"accuracy", "3", none}}},
		{"titles and links", "\x1b]0;title\aloss=1 \x1b]8;;http://x\x1b\\accuracy\x1b]8;;\x1b\\=2 \x1b]0;no end loss=3\n", []plain{{"loss", "1", none}, {"accuracy", "2", none}, {"loss", "3", none}}},
		{"NULs and invalid UTF-8", "\x00\x00lo\x00ss=0.3\xff\n\xff\xfeaccuracy=0.9\xc3\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}}},
		{"backspaces", "50%\b\b\bloss=0.3\b\b\bloss=0.4\n", []plain{{"loss", "0.3", none}, {"loss", "0.4", none}}},
		{"no line feed at the end", "loss=0.3", []plain{{"loss", "0.3", none}}},
		{"nothing", "", []plain{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", hone.MetricsSpec{Record: record}), c.text)
			require.Equal(t, c.want, plainly(got))
		})
	}
}

func TestTextSteps(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []plain
	}{
		{"epoch and step", "epoch=3 loss=1\nstep=100 loss=2\nloss=3 step: 7\n", []plain{{"loss", "1", 3}, {"loss", "2", 100}, {"loss", "3", 7}}},
		{"step wins over epoch", "step=100 epoch=3 loss=1\nepoch=3 step=100 loss=2\n", []plain{{"loss", "1", 100}, {"loss", "2", 100}}},
		{"a line with only a step sets it", "epoch 1\nloss=1\nloss=2\nEpoch 2/10\nloss=3\n", []plain{{"loss", "1", 1}, {"loss", "2", 1}, {"loss", "3", 2}}},
		{"a line with a reading does not", "epoch=1 loss=1\nloss=2\n", []plain{{"loss", "1", 1}, {"loss", "2", none}}},
		{"what is not recorded does not count as a reading", "epoch=1 lr=0.1\nloss=2\n", []plain{{"loss", "2", 1}}},
		{"brackets and totals", "[epoch 3] loss: 1\nEpoch [4/10], Step [100/600], loss: 2\nEpoch: [5][ 10/500] loss 3 loss: 3\nEpoch #6 loss=4\n",
			[]plain{{"loss", "1", 3}, {"loss", "2", 100}, {"loss", "3", 5}, {"loss", "4", 6}}},
		{"leading zeros", "Epoch 00008: loss=1\n", []plain{{"loss", "1", 8}}},
		{"a mode in brackets", "Epoch(train) [1][50/118] loss: 1\n", []plain{{"loss", "1", 1}}},
		{"any case", "EPOCH=1 loss=1\nStep 2, loss=2\n", []plain{{"loss", "1", 1}, {"loss", "2", 2}}},
		{"in quotes", "{'loss': 1, 'epoch': 2.0}\n", []plain{{"loss", "1", 2}}},
		{"other words are no steps", "steps=5 epochs=6 global_step=7 max_epoch: 8 step_size=9 2ms/step - loss: 1\nloss=2\n", []plain{{"loss", "1", none}, {"loss", "2", none}}},
		{"counts are no steps", "steps per epoch: 100\nmax step = 5\ntotal epoch: 7\nloss=1\n", []plain{{"loss", "1", none}}},
		{"instructions are no steps", "Step 1: download the data\nloss=1\n", []plain{{"loss", "1", none}}},
		{"a percentage is no step", "Epoch: 50%|### | 1/2 [00:01<00:01, loss=1]\n", []plain{{"loss", "1", none}}},
		{"what is no number is no step", "step=abc loss=1\nstep=nan loss=2\nepoch= loss=3\nstep=1e300 loss=4\n", []plain{{"loss", "1", none}, {"loss", "2", none}, {"loss", "3", none}, {"loss", "4", none}}},
		{"whole epochs with a point", "loss=1 epoch=1.0\nloss=2 epoch=2.0\n", []plain{{"loss", "1", 1}, {"loss", "2", 2}}},
		{"once there are fractions of epochs, those with a point are no steps", "loss=1 epoch=0.5\nloss=2 epoch=1.0\nloss=3 epoch=1.5\nloss=4 epoch=2\n",
			[]plain{{"loss", "1", none}, {"loss", "2", none}, {"loss", "3", none}, {"loss", "4", 2}}},
		{"the iteration of boosting libraries", "[0]\tloss:1\n[10]\tloss:2\n20:\tloss: 3\n", []plain{{"loss", "1", 0}, {"loss", "2", 10}, {"loss", "3", 20}}},
		{"a rank in front is no step", "[0] loss:1\n[0] loss:2\n", []plain{{"loss", "1", none}, {"loss", "2", none}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", hone.MetricsSpec{}), c.text)
			require.Equal(t, c.want, plainly(got))
		})
	}
}
