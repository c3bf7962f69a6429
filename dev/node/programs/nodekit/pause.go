package main

import (
	"os"
	"os/signal"
	"syscall"
)

// pause waits for the signal that ends it, and buries orphans meanwhile: as the first process of a process namespace it
// inherits them, and when it ends the kernel ends all others (pid_namespaces(7)).
func pause() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		buryChildren()
	}
}

func buryChildren() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if pid <= 0 && err != syscall.EINTR {
			return
		}
	}
}
