// Command nodekit is what a node of containers needs beside the programs of Kubernetes: one static binary, standard
// library only.
//
//	nodekit pause   the first process of a pod's sandbox, and of the node's enclosure
//	nodekit keep    the host's process around the enclosure: whatever ends it, nothing remains
//	nodekit doors   TCP listeners on the host's loopback that lead into the node's network
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("one of pause, keep, doors is needed"))
	}
	var err error
	switch role, args := os.Args[1], os.Args[2:]; role {
	case "pause":
		pause()
	case "keep":
		err = keep(args)
	case "doors":
		err = doors(args)
	default:
		err = fmt.Errorf("unknown role %q", role)
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "nodekit:", err)
	os.Exit(1)
}
