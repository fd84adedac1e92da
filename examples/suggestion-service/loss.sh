# Stands for a training run: the loss is least, 0, at rate 0.01, decay 0.3, 5 layers and the kernel rbf.
awk -v rate="$1" -v decay="$2" -v layers="$3" -v kernel="$4" 'BEGIN {
	r = log(rate / 0.01) / log(10)
	printf "loss=%.6f\n", r*r + 4*(decay-0.3)^2 + 0.05*(layers-5)^2 + (kernel == "rbf" ? 0 : 0.5)
}'
