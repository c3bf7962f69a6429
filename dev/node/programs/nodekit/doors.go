package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const dialPatience = 5 * time.Second

// From setns(2); the syscall package names neither the call nor, on every architecture, its number.
var setnsNumbers = map[string]uintptr{"amd64": 308, "arm64": 268}

// doors serves all doors of one node. It lives in the host's network, so its listeners are the host's; one thread has
// entered the node's network and makes the sockets that lead on. Go copies between two TCP sockets inside the kernel
// (splice(2)). A door is ordered on a unix socket, one line each:
//
//	open TARGET_HOST:PORT LOOPBACK_PORT   (0: any)   ->   "port N" or "error WHY"
//	close LOOPBACK_PORT                              ->   "closed" or "error WHY"
func doors(args []string) error {
	flags := flag.NewFlagSet("doors", flag.ContinueOnError)
	network := flags.String("network", "", "the node's network namespace, such as /proc/1234/ns/net")
	control := flags.String("control", "", "unix socket on which doors are ordered")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dialler, err := newDialler(*network)
	if err != nil {
		return fmt.Errorf("cannot enter %s: %w", *network, err)
	}
	orders, err := net.Listen("unix", *control)
	if err != nil {
		return err
	}
	go func() {
		<-closed(os.Stdin) // the parent is gone
		os.Exit(0)
	}()
	house := &house{dial: dialler, listeners: map[int]net.Listener{}}
	for {
		connection, err := orders.Accept()
		if err != nil {
			return err
		}
		go house.take(connection)
	}
}

type house struct {
	dial      func(address string) (net.Conn, error)
	mutex     sync.Mutex
	listeners map[int]net.Listener
}

func (h *house) take(connection net.Conn) {
	defer connection.Close()
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		answer, err := h.obey(strings.Fields(lines.Text()))
		if err != nil {
			answer = "error " + err.Error()
		}
		if _, err := fmt.Fprintln(connection, answer); err != nil {
			return
		}
	}
}

func (h *house) obey(words []string) (string, error) {
	if len(words) == 3 && words[0] == "open" {
		port, err := h.open(words[1], words[2])
		return fmt.Sprintf("port %d", port), err
	}
	if len(words) == 2 && words[0] == "close" {
		return "closed", h.close(words[1])
	}
	return "", fmt.Errorf("not an order: %q", words)
}

func (h *house) open(target, loopbackPort string) (int, error) {
	if host, _, err := net.SplitHostPort(target); err != nil || net.ParseIP(host) == nil {
		return 0, fmt.Errorf("%s is not an IP address with a port", target)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", loopbackPort))
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	h.mutex.Lock()
	h.listeners[port] = listener
	h.mutex.Unlock()
	go h.serve(listener, target)
	return port, nil
}

func (h *house) close(loopbackPort string) error {
	port, err := strconv.Atoi(loopbackPort)
	if err != nil {
		return err
	}
	h.mutex.Lock()
	listener, known := h.listeners[port]
	delete(h.listeners, port)
	h.mutex.Unlock()
	if !known {
		return fmt.Errorf("no door has the port %d", port)
	}
	return listener.Close()
}

func (h *house) serve(listener net.Listener, target string) {
	for {
		guest, err := listener.Accept()
		if err != nil {
			return
		}
		go h.join(guest.(*net.TCPConn), target)
	}
}

// join passes bytes, ends of streams and refusals on: a guest whose target does not listen gets a reset.
func (h *house) join(guest *net.TCPConn, target string) {
	inside, err := h.dial(target)
	if err != nil {
		_ = guest.SetLinger(0)
		_ = guest.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { pass(inside.(*net.TCPConn), guest) })
	both.Go(func() { pass(guest, inside.(*net.TCPConn)) })
	both.Wait()
	_ = guest.Close()
	_ = inside.Close()
}

func pass(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0) // broken here means broken there
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}

// newDialler gives a function whose connections begin in another network. A socket belongs to the network of the thread
// that makes it; that thread never returns to the others.
func newDialler(network string) (func(address string) (net.Conn, error), error) {
	type result struct {
		connection net.Conn
		err        error
	}
	type request struct {
		address string
		reply   chan result
	}
	requests := make(chan request)
	entered := make(chan error)
	const workers = 32 // a target that does not answer holds up one of them for as long as dialPatience
	for range workers {
		go func() {
			runtime.LockOSThread()
			err := enterNetwork(network)
			entered <- err
			if err != nil {
				return
			}
			dialer := net.Dialer{Timeout: dialPatience}
			for wanted := range requests {
				connection, err := dialer.Dial("tcp", wanted.address)
				wanted.reply <- result{connection, err}
			}
		}()
	}
	for range workers {
		if err := <-entered; err != nil {
			return nil, err
		}
	}
	return func(address string) (net.Conn, error) {
		reply := make(chan result, 1)
		requests <- request{address, reply}
		got := <-reply
		return got.connection, got.err
	}, nil
}

func enterNetwork(path string) error {
	number, known := setnsNumbers[runtime.GOARCH]
	if !known {
		return fmt.Errorf("the number of setns is not known for %s", runtime.GOARCH)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, _, failure := syscall.RawSyscall(number, file.Fd(), syscall.CLONE_NEWNET, 0); failure != 0 {
		return failure
	}
	return nil
}
