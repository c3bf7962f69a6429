// Command kubecp is a whole Kubernetes control plane in one static binary.
//
// The first argument, or the name it is called by (through a symlink), chooses the component:
//
//	kubecp kube-apiserver --help
//	ln -s kubecp kubectl && ./kubectl version
//
// Every component is the upstream project's own code at the version go.mod pins; nothing is patched.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// component runs with os.Args[0] set to its own name and returns the exit code of the process.
type component func() int

var components = map[string]component{
	"etcd":                    runEtcd,
	"kube-apiserver":          runAPIServer,
	"kube-controller-manager": runControllerManager,
	"kube-proxy":              runProxy,
	"kube-scheduler":          runScheduler,
	"kubectl":                 runKubectl,
	"kubelet":                 runKubelet,
	"kwok":                    runKwok,
	"kwok-stages":             printKwokStages,
}

func main() {
	name := filepath.Base(os.Args[0])
	if _, known := components[name]; !known && len(os.Args) > 1 {
		name, os.Args = os.Args[1], os.Args[1:]
	}
	run, known := components[name]
	if !known {
		fmt.Fprintf(os.Stderr, "unknown component %q; one of: %s\n", name, strings.Join(names(), ", "))
		os.Exit(2)
	}
	exitWithParent()
	os.Exit(run())
}

func names() []string {
	all := make([]string, 0, len(components))
	for name := range components {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
