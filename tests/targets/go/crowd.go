// SPDX-License-Identifier: GPL-2.0-or-later

// A crowd: as many goroutines as the argument says are inside main.waits at once, three times over. Then 100 never leave main.dies, from
// which the program exits, with status 7. Says "ready" and waits for a line, as the other targets do.
package main

import (
	"fmt"
	"os"
	"strconv"
	"sync"
)

const rounds = 3

//go:noinline
func waits(in *sync.WaitGroup, gate chan int) int {
	in.Done()
	return <-gate + 1
}

//go:noinline
func dies(in *sync.WaitGroup) {
	in.Done()
	select {}
}

//go:noinline
func exits() {
	os.Exit(7)
}

func crowd(size int) {
	var in, out sync.WaitGroup
	gate := make(chan int)

	in.Add(size)
	out.Add(size)
	for i := 0; i < size; i++ {
		go func() {
			waits(&in, gate)
			out.Done()
		}()
	}
	in.Wait()
	close(gate)
	out.Wait()
}

func main() {
	var line [1]byte
	var in sync.WaitGroup

	size, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	fmt.Println("ready", os.Getpid())
	os.Stdin.Read(line[:])
	for i := 0; i < rounds; i++ {
		crowd(size)
	}
	in.Add(100)
	for i := 0; i < 100; i++ {
		go dies(&in)
	}
	in.Wait()
	exits()
}
