// Command probe is what `konvoy verify` runs in its pods: a server that says who answered whom, and a client that asks
// and prints one line of JSON for each answer. It needs no privileges.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const usage = `probe serve                                   answer on TCP and UDP 8080, echo on TCP 8081
probe tcp|http HOST:PORT                      a new connection; http also says which pod answered
probe udp [--size N] [--dont-fragment] HOST:PORT  one packet of N bytes, IP header included
probe resolve [--server HOST:PORT] NAME       IPv4 addresses of a name
probe ask <QUESTIONS.json                     many questions at once
probe watch <TARGETS.json                     the server of this pod asks again and again
probe watched [--stop]                        what came of it so far, a line for each target
`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("which verb?\n%s", usage)
	}
	verb, args := args[0], args[1:]
	switch verb {
	case "serve":
		return serve()
	case "tcp", "http", "udp", "resolve":
		question, err := parseQuestion(verb, args)
		if err != nil {
			return err
		}
		return printLine(question.answer())
	case "ask":
		var questions []Question
		if err := readJSON(os.Stdin, &questions); err != nil {
			return err
		}
		return askAll(questions)
	case "watch":
		return startWatch(os.Stdin)
	case "watched":
		return readWatch(len(args) == 1 && args[0] == "--stop")
	default:
		return fmt.Errorf("unknown verb %q\n%s", verb, usage)
	}
}

func parseQuestion(verb string, args []string) (Question, error) {
	question := Question{Ask: verb}
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	switch verb {
	case "udp":
		flags.IntVar(&question.Size, "size", 0, "bytes of the packet, IP header included")
		flags.BoolVar(&question.DontFragment, "dont-fragment", false, "forbid fragments")
	case "resolve":
		flags.StringVar(&question.Server, "server", "", "HOST:PORT in place of those of /etc/resolv.conf")
	}
	timeout := flags.Duration("timeout", time.Second, "for the answer")
	if err := flags.Parse(args); err != nil {
		return question, err
	}
	if flags.NArg() != 1 {
		return question, fmt.Errorf("%s wants one target, not %q", verb, strings.Join(flags.Args(), " "))
	}
	question.To, question.TimeoutMs = flags.Arg(0), int(timeout.Milliseconds())
	return question, nil
}

func readJSON(from io.Reader, into any) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func printLine(value any) error {
	return json.NewEncoder(os.Stdout).Encode(value)
}
