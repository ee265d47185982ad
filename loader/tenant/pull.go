package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lcmsim/lcmsim/loader"
)

// PullOptions say what is pulled, and where to.
type PullOptions struct {
	Dir         string   // of the snapshot: empty or not there
	Policy      string   // name or id of the only policy that is wanted; "" = all
	IdentityIDs []string // the tenant's own ids of the identities that are wanted; none = no population is written
	ToolVersion string
	Progress    func(done, total int) // is told of steps; nil = nobody
}

// Pulled is what a pull brought.
type Pulled struct {
	Files    []PulledFile // in the order in which they were written, without the manifest
	Policies []string     // names, in the order of the tenant
	Warnings []string     // what is missing or doubtful
	Notes    []string     // what is worth knowing
	TakenAt  time.Time    // when the pull began
	Resumed  bool         // it went on with what an earlier run had left
}

// PulledFile is a file of the snapshot with its number of items.
type PulledFile struct {
	Name  string
	Items int
}

// Unfinished is the error of a pull that can be gone on with: the same call again asks only for what is left.
type Unfinished struct {
	Partial string // directory of what was pulled so far
	Err     error
}

func (u *Unfinished) Error() string {
	return fmt.Sprintf("%v\nwhat was pulled so far is in %s: run the same command again to go on", u.Err, u.Partial)
}

func (u *Unfinished) Unwrap() error { return u.Err }

// listing is a part of a snapshot that the tenant lists.
type listing struct {
	name     string // of the file, without .json
	path     string
	query    url.Values
	field    string // "" = pages of values; otherwise the only answer has the values in this field
	required bool
}

var listings = []listing{
	{name: "policies", path: pathPolicies, required: true},
	{name: "access_profiles", path: pathProfiles, query: url.Values{"entity_extra_info": {"true"}}, required: true},
	{name: "access_profile_types", path: pathProfileTypes},
	{name: "datasources", path: pathDatasources},
	{name: "integrations", path: pathIntegrations, field: "integrations"},
}

// staleAfter is how long a pull may take before its parts count as being of different times.
const staleAfter = time.Hour

// pull is a pull that is going on.
type pull struct {
	client  *Client
	opt     PullOptions
	partial *partial
	out     *Pulled
	done    int // steps
}

// Pull writes a snapshot directory. Until it is complete everything is in a directory beside it, Dir with .partial at its
// end; after an error that is an *Unfinished the same call goes on from there. All access profiles are pulled, whatever
// the policy, because they inherit from each other.
func Pull(ctx context.Context, c *Client, opt PullOptions) (*Pulled, error) {
	p := &pull{client: c, opt: opt, out: &Pulled{}}
	if err := p.checkIDs(); err != nil {
		return nil, err
	}
	var err error
	if p.partial, err = openPartial(opt.Dir, c.Tenant(), c.opt.Now()); err != nil {
		return nil, err
	}
	p.out.TakenAt, p.out.Resumed = p.partial.startedAt, p.partial.resumed
	if err := p.run(ctx); err != nil {
		if absent := (*notFound)(nil); errors.As(err, &absent) {
			return nil, errors.Join(err, p.partial.discard()) // the next run must look at the tenant as it is then
		}
		if p.partial.isEmpty() {
			return nil, errors.Join(err, p.partial.discard())
		}
		if asked := (*Error)(nil); errors.As(err, &asked) {
			return nil, &Unfinished{p.partial.dir, err}
		}
		return nil, err
	}
	return p.out, nil
}

// checkIDs drops ids that stand twice.
func (p *pull) checkIDs() error {
	seen := map[string]bool{}
	var once []string
	for _, id := range p.opt.IdentityIDs {
		if err := CheckID(id); err != nil {
			return err
		}
		if !seen[id] {
			once = append(once, id)
		}
		seen[id] = true
	}
	if n := len(p.opt.IdentityIDs) - len(once); n > 0 {
		p.note("%d of the ids stand twice and are asked for once", n)
	}
	p.opt.IdentityIDs = once
	return nil
}

func (p *pull) run(ctx context.Context) error {
	parts := map[string][]jsontext.Value{}
	for _, l := range listings {
		items, found, err := p.list(ctx, l)
		if err != nil {
			return err
		}
		if found {
			parts[l.name] = p.merge(l.name, items)
		}
		p.step()
	}
	policies, err := p.choose(parts["policies"])
	if err != nil {
		return err
	}
	policies, versions, err := p.complete(ctx, policies)
	if err != nil {
		return err
	}
	p.step()
	people, err := p.identities(ctx)
	if err != nil {
		return err
	}
	parts["policies"] = policies
	return p.finish(parts, versions, people)
}

func (p *pull) step() {
	p.done++
	p.tell(0)
}

func (p *pull) tell(identities int) {
	if p.opt.Progress != nil {
		p.opt.Progress(p.done+identities, len(listings)+1+len(p.opt.IdentityIDs))
	}
}

func (p *pull) warn(format string, args ...any) {
	p.out.Warnings = append(p.out.Warnings, fmt.Sprintf(format, args...))
}

func (p *pull) note(format string, args ...any) {
	p.out.Notes = append(p.out.Notes, fmt.Sprintf(format, args...))
}

// list reads all pages of a listing, those that are there already from the disk. found is false when the tenant does not
// offer it and it can be done without.
func (p *pull) list(ctx context.Context, l listing) (items []jsontext.Value, found bool, err error) {
	pages := pager{client: p.client, path: l.path, query: l.query}
	number := 0
	for !pages.done {
		page, ok, err := p.partial.page(l.name, number+1)
		if err != nil {
			return nil, false, err
		}
		if !ok {
			break
		}
		if err := pages.advance(page); err != nil {
			return nil, false, err
		}
		items = append(items, page.Values...)
		number++
	}
	for resumed := number > 0; !pages.done; resumed = false {
		page, err := p.nextPage(ctx, l, &pages)
		switch {
		case err != nil && resumed && isStatus(err, http.StatusBadRequest, http.StatusNotFound, http.StatusGone):
			// The token of the page where the last run stopped may have expired.
			if err := p.partial.forget(l.name, number); err != nil {
				return nil, false, err
			}
			p.note("%s: the tenant no longer knows the page at which the last run stopped; it was read again from the beginning", l.name)
			return p.list(ctx, l)
		case err != nil && number == 0 && !l.required && isStatus(err, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented):
			p.warn("%s.json is left out: this tenant does not offer it, or not with this token: %s", l.name, withoutHint(err))
			return nil, false, nil
		case err != nil:
			return nil, false, err
		}
		number++
		if err := p.partial.savePage(l.name, number, page); err != nil {
			return nil, false, err
		}
		items = append(items, page.Values...)
	}
	return items, true, nil
}

// nextPage reads the next page of a listing, or the only answer of one that has no pages.
func (p *pull) nextPage(ctx context.Context, l listing, pages *pager) (Page, error) {
	if l.field == "" {
		return pages.next(ctx)
	}
	answer, err := p.client.get(ctx, l.path, l.query)
	if err != nil {
		return Page{}, err
	}
	pages.done = true
	var page Page
	fields, err := members(answer)
	if err == nil {
		if field := fields[l.field]; field != nil {
			err = json.Unmarshal(field, &page.Values)
		}
	}
	if err != nil {
		return Page{}, pages.refuse("the answer is no list of "+l.field+": "+harmless(err.Error(), maxExcerpt), "")
	}
	return page, nil
}

// merge puts the pages of a listing together. An item that comes twice counts once; of two that differ, the later.
func (p *pull) merge(name string, items []jsontext.Value) []jsontext.Value {
	var out []jsontext.Value
	at := map[string]int{} // by id
	again := 0
	for _, item := range items {
		key := itemKey(item)
		i, twice := at[key]
		switch {
		case key == "":
			out = append(out, item)
		case !twice:
			at[key] = len(out)
			out = append(out, item)
		case sameJSON(out[i], item):
			again++
		default:
			p.warn("%s: %s came twice and changed in between; the later one is kept", name, harmless(key, maxExcerpt))
			out[i] = item
		}
	}
	if again > 0 {
		p.note("%s: %d items came more than once and are kept once", name, again)
	}
	return out
}

// itemKey tells items of a listing apart: the id of an object, the text of a string; "" = there is none.
func itemKey(item jsontext.Value) string {
	if item.Kind() == '"' {
		return plainText(item)
	}
	fields, err := members(item)
	if err != nil {
		return ""
	}
	return plainText(fields["id"])
}

// sameJSON compares two values but for the order of members.
func sameJSON(a, b jsontext.Value) bool {
	a, b = a.Clone(), b.Clone()
	order := jsontext.ReorderRawObjects(true)
	return a.Format(order) == nil && b.Format(order) == nil && string(a) == string(b)
}

// finish writes the snapshot, reads it as any other, and gives it its name.
func (p *pull) finish(parts map[string][]jsontext.Value, versions []jsontext.Value, people []loader.Record) error {
	dir, err := p.partial.workspace()
	if err != nil {
		return err
	}
	for _, l := range listings {
		items, found := parts[l.name]
		if !found {
			continue
		}
		if err := p.writeItems(dir, l.name+".json", cmp.Or(l.field, "values"), items); err != nil {
			return err
		}
		if l.name == "policies" && len(versions) > 0 {
			if err := p.writeItems(dir, "policy_versions.json", "values", versions); err != nil {
				return err
			}
		}
	}
	if len(people) > 0 {
		if err := loader.WritePopulation(filepath.Join(dir, "identities.jsonl"), nil, slices.Values(people)); err != nil {
			return err
		}
		p.out.Files = append(p.out.Files, PulledFile{"identities.jsonl", len(people)})
	}
	if took := p.client.opt.Now().Sub(p.out.TakenAt); took > staleAfter {
		p.warn("the pull began %s before it ended: its parts are of different times", took.Round(time.Minute))
	}
	manifest := loader.Manifest{Tenant: p.client.Tenant(), TakenAt: p.out.TakenAt, ToolVersion: p.opt.ToolVersion}
	if err := loader.WriteManifest(dir, manifest); err != nil {
		return err
	}
	// The population may be missing; it is not read here.
	if _, err := loader.OpenSnapshot(loader.Paths{Dir: dir, Identities: filepath.Join(dir, "identities.jsonl")}, loader.Options{}); err != nil {
		return fmt.Errorf("what the tenant answered is no snapshot that can be read; it is in %s, remove %s to start over:\n%w", dir, p.partial.dir, err)
	}
	return p.partial.finish(p.opt.Dir)
}

// writeItems writes a file of the snapshot, an item a line.
func (p *pull) writeItems(dir, name, field string, items []jsontext.Value) error {
	text := []byte(`{"` + field + `": [`)
	for i, item := range items {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(text, '\n'), item...)
	}
	text = append(text, "\n]}\n"...)
	if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
		return fmt.Errorf("%s: cannot be written: %w", filepath.Join(dir, name), below(err))
	}
	p.out.Files = append(p.out.Files, PulledFile{name, len(items)})
	return nil
}
