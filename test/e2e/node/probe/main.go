// Command probe is the one program of a pod in the tests of the node: a web server, and a client to ask from inside.
//
//	probe serve             answers on port 8080; /burn keeps a processor busy for a while
//	probe get URL           prints the status and the body, or why there is none
//	probe resolve NAME      prints the addresses
//	probe write PATH TEXT   writes a file, prints who it is and what the file holds
//	probe listen PORT...    answers on these ports, over TCP and UDP
//	probe knock ADDRESS...  prints those of tcp/HOST:PORT and udp/HOST:PORT that answer
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

const patience = 3 * time.Second

func main() {
	var err error
	switch role, args := os.Args[1], os.Args[2:]; role {
	case "serve":
		err = serve()
	case "get":
		err = get(args[0])
	case "resolve":
		err = resolve(args[0])
	case "write":
		err = write(args[0], args[1])
	case "listen":
		err = listen(args)
	case "knock":
		knock(args)
	}
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func serve() error {
	host, _ := os.Hostname()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello from %s", host) })
	http.HandleFunc("/burn", func(w http.ResponseWriter, r *http.Request) {
		rounds := 0
		for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); rounds++ {
		}
		fmt.Fprint(w, rounds)
	})
	server := &http.Server{Addr: ":8080"}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func get(url string) error {
	client := &http.Client{Timeout: patience}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Printf("%d %s\n", response.StatusCode, body)
	return err
}

func listen(ports []string) error {
	for _, port := range ports {
		stream, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		packets, err := net.ListenPacket("udp", ":"+port)
		if err != nil {
			return err
		}
		go func() {
			for {
				if connection, err := stream.Accept(); err == nil {
					_, _ = connection.Write([]byte("here"))
					_ = connection.Close()
				}
			}
		}()
		go func() {
			question := make([]byte, 16)
			for {
				if _, from, err := packets.ReadFrom(question); err == nil {
					_, _ = packets.WriteTo([]byte("here"), from)
				}
			}
		}()
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	return nil
}

func knock(addresses []string) {
	var all sync.WaitGroup
	for _, address := range addresses {
		all.Add(1)
		go func() {
			defer all.Done()
			network, target, _ := strings.Cut(address, "/")
			connection, err := net.DialTimeout(network, target, patience)
			if err != nil {
				return
			}
			defer connection.Close()
			_ = connection.SetDeadline(time.Now().Add(patience))
			_, _ = connection.Write([]byte("?"))
			if _, err := io.ReadFull(connection, make([]byte, len("here"))); err == nil {
				fmt.Println(address)
			}
		}()
	}
	all.Wait()
}

func resolve(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	fmt.Println(addresses)
	return err
}

func write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	read, err := os.ReadFile(path)
	fmt.Printf("%d wrote %s\n", os.Getuid(), read)
	return err
}
