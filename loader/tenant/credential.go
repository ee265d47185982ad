package tenant

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// maxTokenFile bounds a file with a token, in bytes.
const maxTokenFile = 64 << 10

// ReadToken reads an API key from a file that holds nothing else but white space around it. exposed says that others than
// the file's owner can read it, as far as the file's mode tells. Errors do not repeat what the file holds.
func ReadToken(path string) (token string, exposed bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false, fmt.Errorf("%s: the token cannot be read: %w", path, below(err))
	}
	if info.IsDir() {
		return "", false, fmt.Errorf("%s: is a directory, want a file that holds a token", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false, fmt.Errorf("%s: the token cannot be read: %w", path, below(err))
	}
	text, err := io.ReadAll(io.LimitReader(file, maxTokenFile))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", false, fmt.Errorf("%s: the token cannot be read: %w", path, below(err))
	}
	token = strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
	if token == "" {
		return "", false, fmt.Errorf("%s: is empty, want an API key of the tenant", path)
	}
	if err := CheckToken(token); err != nil {
		return "", false, fmt.Errorf("%s: %w", path, err)
	}
	return token, runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0, nil
}
