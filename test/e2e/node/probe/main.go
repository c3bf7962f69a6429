// Command probe is the one program of a pod in the tests of the node: a web server, and a client to ask from inside.
//
//	probe serve             answers on port 8080; /burn keeps a processor busy for a while
//	probe get URL           prints the status and the body, or why there is none
//	probe resolve NAME      prints the addresses
//	probe write PATH TEXT   writes a file, prints who it is and what the file holds
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
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
