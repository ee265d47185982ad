package main

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/lcmsim/lcmsim/loader"
)

// evaluated is a batch and what a worker made of it.
type evaluated[T any] struct {
	batch *loader.Batch
	value T
	err   error
}

// evaluate runs every batch of a population through one of several workers and hands the results to take in input
// order. It is the only place where several goroutines work on batches: what take sees does not depend on the number of workers.
// A batch is released after take.
func evaluate[T any](ctx context.Context, pop *loader.Population, workers []func(*loader.Batch) (T, error), take func(*loader.Batch, T) error) error {
	ctx, cancel := context.WithCancel(ctx)
	type slot chan evaluated[T]
	type job struct {
		batch *loader.Batch
		out   slot
	}
	jobs := make(chan job)
	order := make(chan slot, len(workers))
	var group sync.WaitGroup
	for _, work := range workers {
		group.Go(func() {
			for j := range jobs {
				value, err := work(j.batch)
				j.out <- evaluated[T]{j.batch, value, err}
			}
		})
	}
	var readErr error
	group.Go(func() {
		defer close(order)
		defer close(jobs)
		for ctx.Err() == nil {
			batch, err := pop.Next()
			if err != nil {
				readErr = err
				return
			}
			out := make(slot, 1)
			order <- out
			jobs <- job{batch, out}
		}
	})
	var failed error
	for out := range order {
		result := <-out
		if failed == nil {
			failed = result.err
		}
		if failed == nil {
			failed = take(result.batch, result.value)
		}
		result.batch.Release()
		if failed != nil {
			cancel() // the reader stops; what is under way is drained and released
		}
	}
	group.Wait()
	cancel()
	switch {
	case failed != nil:
		return failed
	case readErr != nil && !errors.Is(readErr, io.EOF):
		return readErr
	case readErr == nil:
		return context.Cause(ctx)
	}
	return nil
}
