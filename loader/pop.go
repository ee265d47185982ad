package loader

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/lcmsim/lcmsim/engine"
	"github.com/lcmsim/lcmsim/scimeval"
)

// DefaultBatchRows is how many kept records a batch has at most unless the caller says otherwise.
const DefaultBatchRows = 65536

// PopulationOptions say which population to read and what of it.
type PopulationOptions struct {
	Path       string               // .parquet .arrow .jsonl .ndjson .json .csv, each also with .gz or .zst
	Schema     *scimeval.Schema     // names the identifying column and the types of CSV columns; nil = none
	EntityType string               // records that give another one are excluded; "" = nobody is
	Attributes []scimeval.Attribute // the columns of every batch
	Secondary  []SecondaryFile      // joined in this order; held in memory
	Overrides  string               // path of overrides.json, applied last; "" = none
	BatchRows  int                  // most rows of a batch; below 1 = DefaultBatchRows
	Digest     bool                 // Report has the SHA-256 of the file
	Strict     bool                 // an unknown field of a JSON envelope is an error instead of a warning
	Progress   func(Progress)       // called by Next, after each batch; nil = not wanted
	Allocator  memory.Allocator     // of the batches; nil = Go's own
}

// Progress says how far a population has been read.
type Progress struct {
	Rows  int   // records read so far, excluded ones included
	Bytes int64 // bytes of the file read so far, compressed ones for a compressed file; for Parquet the share of its rows
	Total int64 // bytes of the file
}

// Batch is a run of identities in input order; those that secondary sources create follow the others. The caller
// releases it.
type Batch struct {
	Record arrow.Record // one column per PopulationOptions.Attributes, in that order
	IDs    []string     // entity_id of each row
	Names  []string     // entity_name of each row, "" = none
	First  int64        // position of the first row among all identities of the population, from 0

	progress Progress
}

// Release gives the memory of the record back.
func (b *Batch) Release() { b.Record.Release() }

// AttributeCount says how many identities have an attribute, null included.
type AttributeCount struct {
	Name    string
	Records int // NotCounted = a file knows the attribute, nobody asked for it and it was not read
}

// NotCounted is the Records of an attribute that nobody asked for in a file of which only some attributes are read:
// Parquet, Arrow, secondary sources and overrides.
const NotCounted = -1

// Report is what reading a population showed.
type Report struct {
	Identities   int // kept records, and Created
	Excluded     int // records of another entity_type
	Duplicates   int // records that repeat an entity_id
	Enriched     int // identities that correlate with a record of a secondary source
	Created      int // identities that are records of a secondary source
	Overridden   int // identities to which an override was applied
	MoverAssumed int // identities without a value of sys_attr__is_mover, read as false; 0 unless it is referenced
	Findings     []engine.Finding
	Attributes   []AttributeCount // by name; at most the 10,000 first seen
	SHA256       string           // of the file as it is stored, hex; "" unless asked for
	Bytes        int64            // size of the file
}

// Population is a population being read. It is not safe for use by several goroutines.
type Population struct {
	cancel   context.CancelFunc
	batches  chan *Batch // closed by the reading goroutine when report and err are final
	progress func(Progress)
	report   Report
	err      error
	ended    bool // Next has seen the end of batches
}

// OpenPopulation opens a population and begins to read ahead. An error about the content of the file is a *Problems;
// errors of single records come from Next. The caller calls Close.
func OpenPopulation(ctx context.Context, opt PopulationOptions) (*Population, error) {
	if opt.BatchRows < 1 {
		opt.BatchRows = DefaultBatchRows
	}
	if opt.Allocator == nil {
		opt.Allocator = memory.DefaultAllocator
	}
	ctx, cancel := context.WithCancel(ctx)
	src, err := openSource(opt.Path)
	if err != nil {
		cancel()
		return nil, err
	}
	in := newIntake(ctx, opt)
	if err = in.openJoin(); err != nil {
		cancel()
		src.close()
		return nil, err
	}
	read, err := src.begin(in)
	if err != nil {
		cancel()
		src.close()
		return nil, err
	}
	p := &Population{cancel: cancel, batches: make(chan *Batch, 1), progress: opt.Progress}
	in.emit = func(b *Batch) error {
		b.progress = Progress{Rows: in.records, Bytes: src.progress(), Total: src.size}
		if in.expected > 0 { // a file of which only some columns are read
			b.progress.Bytes = int64(float64(src.size) * min(1, float64(in.records)/float64(in.expected)))
		}
		select {
		case p.batches <- b:
			return nil
		case <-ctx.Done():
			b.Release()
			return ctx.Err()
		}
	}
	digest := func() (string, error) { return "", nil }
	if opt.Digest {
		digest = digestAhead(ctx, opt.Path)
	}
	go func() {
		defer close(p.batches)
		defer src.close()
		err := in.finish(read())
		if err == nil {
			p.report = in.summary()
			p.report.Bytes = src.size
			p.report.SHA256, err = digest()
		}
		p.err = err
	}()
	return p, nil
}

// Next returns the next batch, io.EOF after the last one, or why the population cannot be read: a *Problems, or an
// error of the file system. After an error no batch follows.
func (p *Population) Next() (*Batch, error) {
	b, ok := <-p.batches
	if !ok {
		p.ended = true
		if p.err != nil {
			return nil, p.err
		}
		return nil, io.EOF
	}
	if p.progress != nil {
		p.progress(b.progress)
	}
	return b, nil
}

// Report is complete once Next has returned io.EOF; before that it is empty.
func (p *Population) Report() Report {
	if !p.ended {
		return Report{}
	}
	return p.report
}

// Close stops reading, gives back the memory of batches that nobody took and waits for the reading goroutine.
func (p *Population) Close() error {
	p.cancel()
	for b := range p.batches {
		b.Release()
	}
	return nil
}
