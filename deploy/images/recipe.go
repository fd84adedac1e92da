package main

// recipe is what an image is made of.
type recipe struct {
	name string
	// program is the package that is compiled, relative to the root of the repository; it becomes /<name>.
	program     string
	title       string
	description string
	// arguments are those that the program gets unless the pod says otherwise.
	arguments []string
	// environment is what the program sees.
	environment []string
	// data is a folder that the image's user may write to; it becomes a volume and the working directory.
	data string
	port string
	// certificates says that the program calls others over HTTPS.
	certificates bool
}

// user is who runs in every image: nobody that any machine knows.
const user = 65532

// recipes lists the images. The first one agrees with the Dockerfile at the root, which a test checks.
func recipes() []recipe {
	return []recipe{
		{
			name: "hone", program: "./cmd/hone", title: "Hone",
			description: "Hyperparameter tuning: the service and the command line",
			arguments:   []string{"serve"},
			environment: []string{
				"HONE_DATA=/data/hone",
				"HONE_SERVE_LISTEN=0.0.0.0:7070",
				"HONE_SERVE_TOKEN_FILE=/data/admin.token",
				"HONE_SERVE_LOG_FORMAT=json",
			},
			data: "data", port: "7070/tcp", certificates: true,
		},
		{
			name: "collector", program: "./cmd/collector", title: "Hone collector",
			description:  "Runs beside a training program in its pod and sends its metrics to Hone",
			certificates: true,
		},
		{
			name: "digits", program: "./examples/digits", title: "Hone example: digits",
			description: "Trains a small network on handwritten digits; the data is in the program",
		},
	}
}
