package engine

import (
	"encoding/binary"
	"slices"
)

// trial is what asking the tenant about an identity can tell: the hypotheses that predict the same answer have the same label.
// Groups with equal labels are one trial, whatever the answers are.
type trial struct {
	labels     []uint16 // by cell of hypothetical
	identities int
	groups     []int // that have candidates, largest first
	asked      int   // questions so far
}

// open tells whether it can be asked again.
func (t *trial) open() bool { return len(t.groups) > 0 && t.asked < maxAsked }

// cells counts the hypotheses that can differ at all: those with the same cell predict the same of everybody.
func (h *hypothetical) cells() int { return len(h.kept) * len(h.program.plans) * 2 }

func (h *hypothetical) cell(hypothesis int) int {
	at := (h.place[h.filterVariant(hypothesis)]*len(h.program.plans) + h.planVariant(hypothesis)) * 2
	if h.listsInherited(hypothesis) {
		at++
	}
	return at
}

// oracle predicts answers of whole groups under every hypothesis.
type oracle struct {
	lab        *hypothetical
	vectors    *vectorSet
	simulators []*simulator // by plan variant
	known      [][]int32    // by number of the vector and plan variant: positions in all; nil or beyond the end = not yet
	all        []foreseen
	index      map[string]int32
	marks      []mark // of the last views, by prediction and way to list profiles
	views      int
}

// mark is the label of a prediction in one view, so that its texts are compared once.
type mark struct {
	view  int
	label uint16
}

func newOracle(lab *hypothetical, vectors *vectorSet) *oracle {
	o := &oracle{lab: lab, vectors: vectors, index: make(map[string]int32)}
	for _, built := range lab.program.plans {
		o.simulators = append(o.simulators, newSimulator(built, lab.program.layout))
	}
	return o
}

// of predicts for a match vector, by plan variant.
func (o *oracle) of(vector int32) []int32 {
	for int(vector) >= len(o.known) {
		o.known = append(o.known, nil)
	}
	if o.known[vector] != nil {
		return o.known[vector]
	}
	list := make([]int32, len(o.simulators))
	for i, s := range o.simulators {
		f := foresee(s.run(o.vectors.at(int(vector))))
		key := f.key()
		at, ok := o.index[key]
		if !ok {
			at = int32(len(o.all))
			o.index[key] = at
			o.all = append(o.all, f)
		}
		list[i] = at
	}
	o.known[vector] = list
	return list
}

// key is equal for predictions that are equal in everything.
func (f *foreseen) key() string {
	var key []byte
	for _, text := range []string{f.workflows, f.actions, f.profiles[0], f.profiles[1]} {
		key = binary.AppendUvarint(key, uint64(len(text)))
		key = append(key, text...)
	}
	for _, open := range f.open {
		key = append(key, 0)
		if open {
			key[len(key)-1] = 1
		}
	}
	return string(key)
}

// view is what the tenant's answer about a group may be: a prediction for each label.
type view struct {
	labels []uint16   // by cell
	shown  []expected // by label
}

// expected is a prediction without the parts that something unknown decides under any hypothesis.
type expected struct {
	*foreseen
	lists int // 1 = profiles with the inherited ones
	known [3]bool
}

// profilesOf are the ones that are listed.
func (s expected) listed() string { return s.profiles[s.lists] }

func (s expected) fits(a *DryRun) bool {
	typed, _ := a.typed(s.Prediction)
	return (!s.known[0] || s.workflows == setText(a.WorkflowsMatched)) &&
		(!s.known[1] || s.actions == actionsText(typed.Actions)) &&
		(!s.known[2] || s.listed() == setText(a.AccessProfileIDs))
}

// view labels the hypotheses by what they predict for a group.
func (o *oracle) view(g *group) view {
	type part struct{ workflows, actions, profiles string }
	v := view{labels: make([]uint16, 0, o.lab.cells())}
	known := [3]bool{true, true, true}
	for _, vector := range slices.Compact(slices.Sorted(slices.Values(g.vectors))) {
		for _, at := range o.of(vector) {
			for i, open := range o.all[at].open {
				known[i] = known[i] && !open
			}
		}
	}
	labels := make(map[part]uint16)
	o.views++
	if need := 2 * len(o.all); len(o.marks) < need {
		o.marks = append(o.marks, make([]mark, need-len(o.marks))...)
	}
	for _, vector := range g.vectors {
		for _, at := range o.of(vector) {
			for lists := range 2 {
				m := &o.marks[2*int(at)+lists]
				if m.view != o.views {
					s := expected{&o.all[at], lists, known}
					var key part
					if known[0] {
						key.workflows = s.workflows
					}
					if known[1] {
						key.actions = s.actions
					}
					if known[2] {
						key.profiles = s.listed()
					}
					label, ok := labels[key]
					if !ok {
						label = uint16(len(v.shown))
						labels[key] = label
						v.shown = append(v.shown, s)
					}
					*m = mark{o.views, label}
				}
				v.labels = append(v.labels, m.label)
			}
		}
	}
	return v
}

// trials finds what the groups of a population can tell. A group about which all hypotheses agree tells nothing.
func (o *oracle) trials(groups []group) []trial {
	var list []trial
	index := make(map[string]int)
	var key []byte
	for i := range groups {
		v := o.view(&groups[i])
		if len(v.shown) == 1 {
			continue
		}
		key = key[:0]
		for _, label := range v.labels {
			key = binary.LittleEndian.AppendUint16(key, label)
		}
		at, ok := index[string(key)]
		if !ok {
			at = len(list)
			index[string(key)] = at
			list = append(list, trial{labels: v.labels})
		}
		t := &list[at]
		t.identities += groups[i].identities
		if len(groups[i].candidates) > 0 {
			t.groups = append(t.groups, i)
		}
	}
	for i := range list {
		slices.SortStableFunc(list[i].groups, func(a, b int) int { return groups[b].identities - groups[a].identities })
	}
	return list
}
