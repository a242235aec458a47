package main

import (
	"context"
	"net"
	"sync"
	"time"
)

// Target is a question that is asked again and again. Ask may also be "held": one connection to an echo that is kept.
type Target struct {
	// ID comes back with the summary.
	ID string `json:"id"`
	Question
}

// Watch is what to keep asking.
type Watch struct {
	// EveryMs is the time between two attempts at a target, 10 or more.
	EveryMs int      `json:"everyMs"`
	Targets []Target `json:"targets"`
}

// Summary says what came of one target so far.
type Summary struct {
	ID   string `json:"id"`
	Sent int    `json:"sent"`
	Lost int    `json:"lost"`
	// LongestGapMs is the longest time without a good answer; no shorter than the time between two attempts.
	LongestGapMs float64 `json:"longestGapMs"`
	// Reconnects of a held connection.
	Reconnects int    `json:"reconnects,omitempty"`
	LastError  string `json:"lastError,omitempty"`
}

// heldLimit is how long a held connection may be silent before it is given up: TCP itself tries longer.
const heldLimit = 60 * time.Second

type track struct {
	target  Target
	lock    sync.Mutex
	summary Summary
	good    time.Time
}

// watcher runs until it is stopped.
type watcher struct {
	tracks []*track
	cancel context.CancelFunc
	group  sync.WaitGroup
	// ended is zero before it was stopped.
	ended time.Time
}

func newWatcher(watch Watch) *watcher {
	ctx, cancel := context.WithCancel(context.Background())
	made := &watcher{cancel: cancel}
	every := time.Duration(max(watch.EveryMs, 10)) * time.Millisecond
	for index, target := range watch.Targets {
		one := &track{target: target, summary: Summary{ID: target.ID}, good: time.Now()}
		made.tracks = append(made.tracks, one)
		// Not all in the same moment.
		delay := every * time.Duration(index) / time.Duration(len(watch.Targets))
		made.group.Go(func() {
			if !sleep(ctx, delay) {
				return
			}
			if target.Ask == "held" {
				one.hold(ctx, every)
			} else {
				one.repeat(ctx, every)
			}
		})
	}
	return made
}

// stop waits for attempts under way, so that none of them counts as neither.
func (watcher *watcher) stop() {
	if watcher.ended.IsZero() {
		watcher.ended = time.Now()
	}
	watcher.cancel()
	watcher.group.Wait()
}

func (watcher *watcher) summaries() []Summary {
	until := watcher.ended
	if until.IsZero() {
		until = time.Now()
	}
	summaries := make([]Summary, 0, len(watcher.tracks))
	for _, each := range watcher.tracks {
		summaries = append(summaries, each.sum(until))
	}
	return summaries
}

// repeat makes a new connection for each attempt, in time also where the one before still waits.
func (track *track) repeat(ctx context.Context, every time.Duration) {
	var attempts sync.WaitGroup
	defer attempts.Wait()
	for ticker := time.NewTicker(every); ; {
		attempts.Go(func() {
			answer := track.target.attempt()
			track.count(answer.OK, answer.Error)
		})
		select {
		case <-ctx.Done():
			ticker.Stop()
			return
		case <-ticker.C:
		}
	}
}

// hold keeps one connection, sends a byte each time and waits until it comes back.
func (track *track) hold(ctx context.Context, every time.Duration) {
	var connection net.Conn
	defer func() {
		if connection != nil {
			connection.Close()
		}
	}()
	context.AfterFunc(ctx, func() {
		track.lock.Lock()
		defer track.lock.Unlock()
		if connection != nil {
			connection.SetDeadline(time.Now().Add(time.Second))
		}
	})
	first := true
	for ctx.Err() == nil {
		if connection == nil {
			dialled, err := net.DialTimeout("tcp4", track.target.To, time.Second)
			if err != nil {
				track.count(false, err.Error())
				sleep(ctx, every)
				continue
			}
			track.lock.Lock()
			connection = dialled
			if !first {
				track.summary.Reconnects++
			}
			first = false
			track.lock.Unlock()
		}
		err := echo(ctx, connection)
		track.count(err == nil, textOf(err))
		if err != nil {
			connection.Close()
			track.lock.Lock()
			connection = nil
			track.lock.Unlock()
		}
		sleep(ctx, every)
	}
}

func echo(ctx context.Context, connection net.Conn) error {
	connection.SetDeadline(time.Now().Add(heldLimit))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	buffer := []byte{'k'}
	if _, err := connection.Write(buffer); err != nil {
		return err
	}
	_, err := connection.Read(buffer)
	return err
}

func (track *track) count(ok bool, failure string) {
	track.lock.Lock()
	defer track.lock.Unlock()
	now := time.Now()
	track.summary.Sent++
	if !ok {
		track.summary.Lost++
		track.summary.LastError = failure
		return
	}
	track.summary.LongestGapMs = max(track.summary.LongestGapMs, milliseconds(now.Sub(track.good)))
	track.good = now
}

// sum is the summary at a moment: the time since the last good answer counts, too.
func (track *track) sum(at time.Time) Summary {
	track.lock.Lock()
	defer track.lock.Unlock()
	summary := track.summary
	summary.LongestGapMs = max(summary.LongestGapMs, milliseconds(at.Sub(track.good)))
	return summary
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration.Microseconds()) / 1000
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// sleep is false where the context ended first.
func sleep(ctx context.Context, duration time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(duration):
		return true
	}
}
