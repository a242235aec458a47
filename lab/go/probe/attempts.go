package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

// Reply is what a server of ours says.
type Reply struct {
	Pod string `json:"pod"`
	// From is the client as the server saw it.
	From string `json:"from"`
	// Bytes of UDP payload that came.
	Bytes int    `json:"bytes,omitempty"`
	Nonce string `json:"nonce,omitempty"`
}

func (reply Reply) fill(answer *Answer) {
	answer.By, answer.From = reply.Pod, reply.From
}

func askTCP(ctx context.Context, question Question, _ *Answer) error {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp4", question.To)
	if err != nil {
		return err
	}
	return connection.Close()
}

// askHTTP makes a connection of its own for each request.
func askHTTP(ctx context.Context, question Question, answer *Answer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+question.To+"/", nil)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var reply Reply
	if err := json.NewDecoder(io.LimitReader(response.Body, 4096)).Decode(&reply); err != nil {
		return fmt.Errorf("somebody else answers there: %w", err)
	}
	reply.fill(answer)
	return nil
}

// askUDP sends one packet; its answer is small, so that it is this way that is measured and not the one back.
func askUDP(ctx context.Context, question Question, answer *Answer) error {
	connection, err := new(net.Dialer).DialContext(ctx, "udp4", question.To)
	if err != nil {
		return err
	}
	defer connection.Close()
	socket := connection.(*net.UDPConn)
	size, whole := question.Size, question.DontFragment
	if question.FullSize {
		size, whole = interfaceMtu(), true
	}
	if whole {
		if err := setOption(socket, syscall.IP_MTU_DISCOVER, syscall.IP_PMTUDISC_DO); err != nil {
			return err
		}
	} else if err := setOption(socket, syscall.IP_MTU_DISCOVER, syscall.IP_PMTUDISC_DONT); err != nil {
		return err
	}
	payload := make([]byte, max(size-ipAndUDP, 8))
	rand.Read(payload[:8])
	answer.Size = len(payload) + ipAndUDP
	deadline, _ := ctx.Deadline()
	socket.SetDeadline(deadline)
	if _, err := socket.Write(payload); err != nil {
		if errors.Is(err, syscall.EMSGSIZE) {
			answer.PathMtu = option(socket, syscall.IP_MTU)
		}
		return err
	}
	nonce := hex.EncodeToString(payload[:8])
	for buffer := make([]byte, 2048); ; {
		count, err := socket.Read(buffer)
		if err != nil {
			return err
		}
		var reply Reply
		if json.NewDecoder(bytes.NewReader(buffer[:count])).Decode(&reply) != nil || reply.Nonce != nonce {
			continue
		}
		if reply.Bytes != len(payload) {
			return fmt.Errorf("%d of %d bytes came", reply.Bytes, len(payload))
		}
		reply.fill(answer)
		return nil
	}
}

func askName(ctx context.Context, question Question, answer *Answer) error {
	resolver := net.Resolver{PreferGo: true}
	if question.Server != "" {
		resolver.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, question.Server)
		}
	}
	addresses, err := resolver.LookupNetIP(ctx, "ip4", question.To)
	for _, address := range addresses {
		answer.Addresses = append(answer.Addresses, address.Unmap().String())
	}
	return err
}

func setOption(socket *net.UDPConn, name, value int) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, name, value) })
	return errors.Join(err, failed)
}

// option is 0 where the kernel does not say.
func option(socket *net.UDPConn, name int) (value int) {
	if raw, err := socket.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { value, _ = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IP, name) })
	}
	return value
}
