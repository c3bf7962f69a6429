package main

import "syscall"

// killWithParent asks the kernel for SIGKILL when the parent dies: on Linux a second line of defence
// for a component too busy to notice that its standard input has closed.
func killWithParent() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0)
}
