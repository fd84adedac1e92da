package problems

import "math"

// Hartmann's and Shekel's functions are sums over tables of numbers (Dixon and Szegö 1978, "The global
// optimization problem: an introduction").

// hartmann sums Gaussians: four, with heights, widths and middles (in ten-thousandths).
func hartmann(opt []float64, wide, middle [4][]float64) landscape {
	heights := [4]float64{1, 1.2, 3, 3.2}
	return at(opt, func(x []float64) float64 {
		sum := 0.0
		for i, height := range heights {
			far := 0.0
			for j, w := range wide[i] {
				step := x[j] - middle[i][j]/1e4
				far += w * step * step
			}
			sum -= height * math.Exp(-far)
		}
		return sum
	})
}

func hartmann3() landscape {
	return hartmann([]float64{0.11458887558, 0.55564889404, 0.85254698547},
		[4][]float64{{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}},
		[4][]float64{{3689, 1170, 2673}, {4699, 4387, 7470}, {1091, 8732, 5547}, {381, 5743, 8828}})
}

func hartmann6() landscape {
	return hartmann([]float64{0.20168951289, 0.15001069324, 0.47687397676, 0.27533243078, 0.31165161849, 0.657300535},
		[4][]float64{
			{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14},
		},
		[4][]float64{
			{1312, 1696, 5569, 124, 8283, 5886}, {2329, 4135, 8307, 3736, 1004, 9991},
			{2348, 1451, 3522, 2883, 3047, 6650}, {4047, 8828, 8732, 5743, 1091, 381},
		})
}

// shekel has ten funnels.
func shekel() landscape {
	depth := [10]float64{1, 2, 2, 4, 4, 6, 3, 7, 5, 5}
	odd := [10]float64{4, 1, 8, 6, 3, 2, 5, 8, 6, 7}
	even := [10]float64{4, 1, 8, 6, 7, 9, 3, 1, 2, 3.6}
	return at([]float64{4.0007468667, 3.9995094809, 4.000746867, 3.9995094822}, func(x []float64) float64 {
		sum := 0.0
		for i := range depth {
			far := depth[i] / 10
			for j := range x {
				step := x[j] - odd[i]
				if j%2 == 1 {
					step = x[j] - even[i]
				}
				far += step * step
			}
			sum -= 1 / far
		}
		return sum
	})
}
