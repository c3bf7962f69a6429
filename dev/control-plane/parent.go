package main

import (
	"io"
	"os"
)

// exitWithParent ends this process when its standard input closes, if KUBECP_EXIT_ON_STDIN_CLOSE is
// set. The kernel closes the pipe however the parent ends, SIGKILL included, so no component can
// outlive it. A pipe works on Linux and macOS alike; Linux adds the parent-death signal to it.
func exitWithParent() {
	if os.Getenv("KUBECP_EXIT_ON_STDIN_CLOSE") == "" {
		return
	}
	killWithParent()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
}
