package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Question is something to find out over the network.
type Question struct {
	// Ask is tcp, http, udp or resolve.
	Ask string `json:"ask"`
	// To is HOST:PORT; for resolve a name.
	To string `json:"to"`
	// Size of a UDP packet in bytes, its IP and UDP headers included; 0: a small one.
	Size int `json:"size,omitempty"`
	// FullSize: as large as the interface of this pod allows, and not to be fragmented.
	FullSize     bool `json:"fullSize,omitempty"`
	DontFragment bool `json:"dontFragment,omitempty"`
	// Server is HOST:PORT of the name server to ask; without it those of /etc/resolv.conf.
	Server string `json:"server,omitempty"`
	// TimeoutMs is for one attempt, default 1000.
	TimeoutMs int `json:"timeoutMs,omitempty"`
	// PatienceMs: attempts are repeated until the outcome is the wanted one or this is over.
	PatienceMs int `json:"patienceMs,omitempty"`
	// Wanted is "answer" (the default), "reply" (a name server's "there is no such name" will do) or "silence" (two
	// attempts in a row without an answer).
	Wanted string `json:"wanted,omitempty"`
}

// Answer is the last attempt at a question.
type Answer struct {
	OK bool `json:"ok"`
	// Ms of the last attempt.
	Ms       float64 `json:"ms"`
	Attempts int     `json:"attempts"`
	// By is the pod that answered, From this side's address as that pod saw it.
	By   string `json:"by,omitempty"`
	From string `json:"from,omitempty"`
	// Size in bytes of the packet that was sent, headers included.
	Size      int      `json:"size,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	// Failure is timeout, refused, unreachable, too-big, no-such-name, server-failure or other.
	Failure string `json:"failure,omitempty"`
	Error   string `json:"error,omitempty"`
	// PathMtu is what the kernel has learnt about the way, where a packet was too big.
	PathMtu int `json:"pathMtu,omitempty"`
}

const (
	pause       = 200 * time.Millisecond
	mostAtOnce  = 256
	ipAndUDP    = 28
	silentTwice = 2
)

// askAll asks all questions beside each other and prints the answers in the order of the questions.
func askAll(questions []Question) error {
	answers := make([]Answer, len(questions))
	places := make(chan struct{}, mostAtOnce)
	var group sync.WaitGroup
	for index, question := range questions {
		places <- struct{}{}
		group.Go(func() {
			answers[index] = question.answer()
			<-places
		})
	}
	group.Wait()
	for _, answer := range answers {
		if err := printLine(answer); err != nil {
			return err
		}
	}
	return nil
}

// answer tries until the outcome is the wanted one, or patience is over.
func (question Question) answer() Answer {
	end := time.Now().Add(time.Duration(question.PatienceMs) * time.Millisecond)
	silent := 0
	for attempts := 1; ; attempts++ {
		answer := question.attempt()
		answer.Attempts = attempts
		done := answer.OK
		switch question.Wanted {
		case "silence":
			if silent++; answer.OK {
				silent = 0
			}
			done = silent == silentTwice
		case "reply":
			done = answer.OK || answer.Failure == "no-such-name"
		}
		if done || time.Now().After(end) {
			return answer
		}
		time.Sleep(pause)
	}
}

func (question Question) attempt() Answer {
	timeout := time.Duration(question.TimeoutMs) * time.Millisecond
	if timeout <= 0 {
		timeout = time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	began := time.Now()
	var answer Answer
	var err error
	switch question.Ask {
	case "tcp":
		err = askTCP(ctx, question, &answer)
	case "http":
		err = askHTTP(ctx, question, &answer)
	case "udp":
		err = askUDP(ctx, question, &answer)
	case "resolve":
		err = askName(ctx, question, &answer)
	default:
		err = errors.New("nobody knows how to ask " + question.Ask)
	}
	answer.OK = err == nil
	answer.Ms = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		answer.Failure, answer.Error = failureOf(err), err.Error()
	}
	return answer
}

func failureOf(err error) string {
	var name *net.DNSError
	var timed net.Error
	switch {
	case errors.Is(err, syscall.EMSGSIZE):
		return "too-big"
	// A resolver's error only has the text of the one that it comes from.
	case errors.Is(err, syscall.ECONNREFUSED), errors.As(err, &name) && strings.HasSuffix(name.Err, "connection refused"):
		return "refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EPERM):
		return "unreachable"
	case errors.As(err, &name) && name.IsNotFound:
		return "no-such-name"
	case errors.As(err, &name) && !name.IsTimeout:
		return "server-failure"
	case errors.As(err, &timed) && timed.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	default:
		return "other"
	}
}

func podName() string {
	name, _ := os.Hostname()
	if given := os.Getenv("POD_NAME"); given != "" {
		return given
	}
	return name
}

// interfaceMtu is that of the pod's first interface that is not loopback; 0 where there is none.
func interfaceMtu() int {
	interfaces, _ := net.Interfaces()
	for _, each := range interfaces {
		if each.Flags&net.FlagLoopback == 0 && each.Flags&net.FlagUp != 0 {
			return each.MTU
		}
	}
	return 0
}
