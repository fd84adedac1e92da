package access

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	hone "github.com/hone-tuner/hone"
)

// The lengths that a secret in a file may have. A shorter one could be guessed.
const (
	shortestSecret = 32
	longestSecret  = 4096
)

// LoadTokenFile reads the secret of an admin's token from a file that only its owner can read. A file that is not
// there is made, with a secret drawn from random; made says so. Nobody else may have the permission to read or
// write it, but for one case: where the superuser owns the file, its group may read it, as of mounted
// secrets in a cluster.
func LoadTokenFile(path string, random io.Reader) (secret string, made bool, err error) {
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret, err = makeTokenFile(path, random)
		return secret, err == nil, err
	case err != nil:
		return "", false, hone.Errorf(hone.PermissionDenied, "the token file cannot be read: %w; make it readable for the user who runs the service", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err == nil {
		err = checkFile(path, info)
	}
	if err != nil {
		return "", false, err
	}
	data, err := io.ReadAll(io.LimitReader(file, longestSecret+2))
	if err != nil {
		return "", false, hone.Errorf(hone.Unavailable, "the token file cannot be read: %w", err)
	}
	secret = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	return secret, false, checkSecret(path, secret)
}

// checkFile says who else could read or change the file.
func checkFile(path string, info fs.FileInfo) error {
	mode, allowed := info.Mode(), fs.FileMode(0o700)
	if ownedBySuperuser(info) && os.Geteuid() != 0 {
		allowed = 0o740
	}
	switch {
	case !mode.IsRegular():
		return hone.Errorf(hone.InvalidArgument, "the token file %s is no regular file: choose another path", path)
	case mode.Perm()&^allowed != 0:
		return hone.Errorf(hone.PermissionDenied, "the token file %s has mode %04o, so that other users could use its token: "+
			"run 'chmod 600 %s', and put a new token into it if others may have read it", path, mode.Perm(), path)
	}
	return nil
}

// checkSecret says what is wrong with the content of a token file.
func checkSecret(path, secret string) error {
	const remedy = "put one line there, such as the output of 'openssl rand -hex 32', or remove the file: then it is made anew"
	odd := func(c rune) bool { return c <= ' ' || c > '~' }
	switch {
	case strings.TrimSpace(secret) == "":
		return hone.Errorf(hone.InvalidArgument, "the token file %s is empty: %s", path, remedy)
	case strings.ContainsFunc(secret, odd):
		return hone.Errorf(hone.InvalidArgument, "the token file %s holds more than one word of plain characters: %s", path, remedy)
	case len(secret) < shortestSecret:
		return hone.Errorf(hone.InvalidArgument, "the token in %s has %d characters and could be guessed; at least %d are needed: %s",
			path, len(secret), shortestSecret, remedy)
	case len(secret) > longestSecret:
		return hone.Errorf(hone.InvalidArgument, "the token in %s has more than %d characters: %s", path, longestSecret, remedy)
	}
	return nil
}

// makeTokenFile makes the file under another name and gives it its own when it is complete and on the disk.
func makeTokenFile(path string, random io.Reader) (_ string, err error) {
	secret, err := newSecret(random)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return "", hone.Errorf(hone.InvalidArgument, "there is no token file %s, and it cannot be made: %w", path, err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(secret + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Link(file.Name(), path) // never over a file that somebody else has just put there
	}
	if err != nil {
		return "", hone.Errorf(hone.Unavailable, "there is no token file %s, and it cannot be made: %w", path, err)
	}
	return secret, nil
}

func ownedBySuperuser(info fs.FileInfo) bool {
	stat, known := info.Sys().(*syscall.Stat_t)
	return known && stat.Uid == 0
}
