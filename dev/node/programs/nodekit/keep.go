package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// How long the kernel may take to give up the cgroups of processes that have just ended; it takes its time for each of
// them, and there are a hundred in version 1.
const cgroupPatience = 30 * time.Second

type pathList []string

func (list *pathList) String() string { return strings.Join(*list, ",") }

func (list *pathList) Set(path string) error {
	*list = append(*list, path)
	return nil
}

// keep runs a command as the first process of new namespaces and stays outside of them. It ends the command on SIGTERM,
// and when standard input closes, which the kernel does however its parent ends; then it removes the cgroups, in the
// second case also the folder, since nobody else is left to do it. Is it killed itself, the kernel kills the command.
func keep(args []string) error {
	flags := flag.NewFlagSet("keep", flag.ContinueOnError)
	folder := flags.String("folder", "", "folder of the node: gets the file init.pid, and is removed when the parent dies")
	var cgroups pathList
	flags.Var(&cgroups, "cgroup", "cgroup folder to remove at the end; may be given several times")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *folder == "" || flags.NArg() == 0 {
		return fmt.Errorf("keep needs --folder and a command")
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)

	runtime.LockOSThread() // the death signal follows the thread that starts the command, not the process
	command := enclosed(flags.Args())
	if err := command.Start(); err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(*folder, "init.pid"), strconv.Itoa(command.Process.Pid)); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()

	var outcome error
	orphaned := false
	select {
	case err := <-ended:
		outcome = fmt.Errorf("the enclosure ended by itself: %v", err)
	case <-asked:
	case <-closed(os.Stdin):
		orphaned = true
	}
	if outcome == nil {
		_ = command.Process.Kill() // Wait returns when every process of its namespace is gone
		<-ended
	}
	removeCgroups(cgroups)
	if orphaned {
		_ = os.RemoveAll(*folder)
	}
	return outcome
}

func enclosed(line []string) *exec.Cmd {
	command := exec.Command(line[0], line[1:]...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	return command
}

func closed(stream io.Reader) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stream)
		close(done)
	}()
	return done
}

func writeWhole(path, text string) error {
	unfinished := path + ".part"
	if err := os.WriteFile(unfinished, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

// removeCgroups removes the folders, the deepest first; a cgroup is gone for good only when its processes are.
func removeCgroups(roots []string) {
	deadline := time.Now().Add(cgroupPatience)
	var all sync.WaitGroup
	for _, root := range roots {
		all.Go(func() {
			for !removeCgroup(root) && time.Now().Before(deadline) {
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	all.Wait()
}

func removeCgroup(root string) bool {
	var folders []string
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return nil
	})
	for index := len(folders) - 1; index >= 0; index-- {
		_ = syscall.Rmdir(folders[index])
	}
	_, err := os.Lstat(root)
	return os.IsNotExist(err)
}
