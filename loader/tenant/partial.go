package tenant

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// partial is the directory in which a pull gathers what it gets, beside the snapshot that it will be. It holds only what
// does not depend on the options of the pull but for the tenant, so that a later run may go on with other options.
//
//	progress.json             whose pull it is, and since when
//	policies-0001.json ...    a page of a listing, with the token of the following one
//	policy-ID.json            the answer about a single policy
//	identities.journal        identities by id
//	snapshot/                 the snapshot while it is put together
type partial struct {
	dir       string
	startedAt time.Time
	resumed   bool
}

// progress is progress.json.
type progress struct {
	Pull      int       `json:"lcmsim_pull"` // version of the layout
	Tenant    string    `json:"tenant"`
	StartedAt time.Time `json:"started_at"`
}

const layout = 1

// openPartial goes on with an unfinished pull of the tenant, or begins one. target is the directory of the snapshot,
// which must be empty or not there.
func openPartial(target, tenant string, now time.Time) (*partial, error) {
	target = filepath.Clean(target)
	if base := filepath.Base(target); base == "." || base == ".." || base == string(filepath.Separator) {
		return nil, fmt.Errorf("%s: name a new directory for the snapshot", target)
	}
	if info, err := os.Stat(target); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s: is a file; name a new directory", target)
	}
	if entries, err := os.ReadDir(target); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s: is not empty; name a new directory", target)
	}
	p := &partial{dir: target + ".partial", startedAt: now}
	if err := os.MkdirAll(p.dir, 0o777); err != nil {
		return nil, fmt.Errorf("%s: %w", p.dir, below(err))
	}
	known, err := p.progress()
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w; remove it, or name another directory", p.dir, err)
	case known == nil:
		text, err := json.Marshal(progress{layout, tenant, now.UTC()})
		if err != nil {
			return nil, err
		}
		return p, p.write("progress.json", text)
	case known.Tenant != tenant:
		return nil, fmt.Errorf("%s: holds an unfinished pull of another tenant, %s; remove it, or name another directory", p.dir, harmless(known.Tenant, maxExcerpt))
	}
	p.startedAt, p.resumed = known.StartedAt, true
	return p, nil
}

// progress reads progress.json; nil when the directory is empty.
func (p *partial) progress() (*progress, error) {
	var known progress
	text, err := os.ReadFile(filepath.Join(p.dir, "progress.json"))
	if errors.Is(err, os.ErrNotExist) {
		entries, err := os.ReadDir(p.dir)
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), ".") { // what is hidden is a file that was being written
				return nil, errors.New("is no unfinished pull")
			}
		}
		return nil, below(err)
	}
	if err != nil {
		return nil, below(err)
	}
	if err := json.Unmarshal(text, &known); err != nil || known.Pull != layout || known.StartedAt.IsZero() {
		return nil, errors.New("its progress.json is not one of this version of lcmsim")
	}
	return &known, nil
}

// write writes a file that appears when it is complete.
func (p *partial) write(name string, text []byte) error {
	path := filepath.Join(p.dir, name)
	if err := writeWhole(path, text); err != nil {
		return fmt.Errorf("%s: cannot be written: %w", path, below(err))
	}
	return nil
}

func writeWhole(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// read reads a JSON file into v; ok is false when it is not there.
func (p *partial) read(name string, v any) (ok bool, err error) {
	path := filepath.Join(p.dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return false, fmt.Errorf("%s: cannot be read: %s; remove %s to start over", path, harmless(below(err).Error(), maxExcerpt), p.dir)
	}
	return true, nil
}

// storedPage is the file of a page.
type storedPage struct {
	Next   string           `json:"next"` // "" = this is the last
	Values []jsontext.Value `json:"values"`
}

// pageName names the file of a page, counted from 1.
func pageName(listing string, number int) string { return fmt.Sprintf("%s-%04d.json", listing, number) }

// page reads a page.
func (p *partial) page(listing string, number int) (page Page, ok bool, err error) {
	var stored storedPage
	ok, err = p.read(pageName(listing, number), &stored)
	return Page{stored.Values, stored.Next}, ok, err
}

// savePage keeps a page.
func (p *partial) savePage(listing string, number int, page Page) error {
	text, err := json.Marshal(storedPage{page.Next, page.Values})
	if err != nil {
		return err
	}
	return p.write(pageName(listing, number), text)
}

// forget removes the first pages of a listing, the last of them first.
func (p *partial) forget(listing string, pages int) error {
	for ; pages > 0; pages-- {
		if err := os.Remove(filepath.Join(p.dir, pageName(listing, pages))); err != nil {
			return fmt.Errorf("%s: %w", p.dir, below(err))
		}
	}
	return nil
}

// workspace makes an empty directory for the snapshot.
func (p *partial) workspace() (string, error) {
	dir := filepath.Join(p.dir, "snapshot")
	err := os.RemoveAll(dir)
	if err == nil {
		err = os.Mkdir(dir, 0o777)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", dir, below(err))
	}
	return dir, nil
}

// finish gives the snapshot its name and removes the rest.
func (p *partial) finish(target string) error {
	target = filepath.Clean(target)
	if err := os.Remove(target); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s: %w", target, below(err))
	}
	if err := os.Rename(filepath.Join(p.dir, "snapshot"), target); err != nil {
		return fmt.Errorf("%s: %w", target, below(err))
	}
	return p.discard()
}

// isEmpty tells whether nothing was gathered yet.
func (p *partial) isEmpty() bool {
	entries, err := os.ReadDir(p.dir)
	return err == nil && len(entries) == 1 && entries[0].Name() == "progress.json"
}

// discard removes everything.
func (p *partial) discard() error {
	if err := os.RemoveAll(p.dir); err != nil {
		return fmt.Errorf("%s: %w", p.dir, below(err))
	}
	return nil
}
