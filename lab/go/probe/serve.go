package main

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	askPort  = ":8080"
	echoPort = ":8081"
	// Only processes of this pod start and read the watch.
	controlAddress = "127.0.0.1:8079"
)

// serve answers until it is told to end.
func serve() error {
	failed := make(chan error, 4)
	go func() { failed <- serveHTTP(askPort, http.HandlerFunc(sayWho)) }()
	go func() { failed <- serveHTTP(controlAddress, new(control)) }()
	go func() { failed <- serveUDP() }()
	go func() { failed <- serveEcho() }()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case err := <-failed:
		return err
	case <-stop:
		return nil
	}
}

func serveHTTP(address string, handler http.Handler) error {
	server := http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func sayWho(writer http.ResponseWriter, request *http.Request) {
	json.NewEncoder(writer).Encode(Reply{Pod: podName(), From: request.RemoteAddr})
}

func serveUDP() error {
	socket, err := net.ListenPacket("udp4", askPort)
	if err != nil {
		return err
	}
	pod := podName()
	for buffer := make([]byte, 65_536); ; {
		count, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if count < 8 {
			continue
		}
		reply, _ := json.Marshal(Reply{Pod: pod, From: from.String(), Bytes: count, Nonce: hex.EncodeToString(buffer[:8])})
		socket.WriteTo(reply, from)
	}
}

// serveEcho gives back what comes, for connections that are held open.
func serveEcho() error {
	listener, err := net.Listen("tcp4", echoPort)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			io.Copy(connection, connection)
		}()
	}
}
