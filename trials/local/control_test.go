package local_test

func control(string) {}
