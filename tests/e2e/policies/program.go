// SPDX-License-Identifier: Apache-2.0
// What a program in Go ordinarily does. A line of TAP for each.
package main

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func routines() error {
	var wait sync.WaitGroup
	sum := make(chan int, 1000)
	for i := 0; i < 1000; i++ {
		wait.Add(1)
		go func(n int) {
			defer wait.Done()
			sum <- n
			runtime.Gosched()
		}(i)
	}
	wait.Wait()
	if len(sum) != 1000 {
		return fmt.Errorf("%d", len(sum))
	}
	return nil
}

func processes() error {
	out, err := exec.Command("sh", "-c", "echo a | cat").Output()
	if err == nil && string(out) != "a\n" {
		return fmt.Errorf("%q", out)
	}
	return err
}

func files() error {
	folder, err := os.MkdirTemp("", "program")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	a, b := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	if err := os.WriteFile(a, []byte("text"), 0o600); err != nil {
		return err
	}
	if err := os.Rename(a, b); err != nil {
		return err
	}
	got, err := os.ReadFile(b)
	if err == nil && string(got) != "text" {
		return fmt.Errorf("%q", got)
	}
	return err
}

func web() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	r, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r.Body)
	if err == nil && string(got) != "hello" {
		return fmt.Errorf("%q", got)
	}
	return err
}

func interfaces() error {
	if _, err := net.LookupHost("localhost"); err != nil {
		return err
	}
	_, err := net.Interfaces()
	return err
}

func signals() error {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	select {
	case <-got:
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("none came")
	}
}

func memory() error {
	var keep [][]byte
	for i := 0; i < 2000; i++ {
		keep = append(keep, make([]byte, 100000))
		if i%100 == 99 {
			keep = nil
		}
	}
	runtime.GC()
	var random [32]byte
	_, err := rand.Read(random[:])
	sha256.Sum256(random[:])
	return err
}

func main() {
	parts := []struct {
		name string
		run  func() error
	}{
		{"routines", routines}, {"processes", processes}, {"files", files}, {"web", web},
		{"interfaces", interfaces}, {"signals", signals}, {"memory", memory},
	}
	bad := 0
	fmt.Printf("1..%d\n", len(parts))
	for n, p := range parts {
		if err := p.run(); err != nil {
			bad = 1
			fmt.Printf("not ok %d - %s: %v\n", n+1, p.name, err)
		} else {
			fmt.Printf("ok %d - %s\n", n+1, p.name)
		}
	}
	os.Exit(bad)
}
