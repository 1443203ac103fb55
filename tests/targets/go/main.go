// SPDX-License-Identifier: GPL-2.0-or-later

// A Go program whose true counts are known: stacks that grow and are copied in mid-call, goroutines that go on
// on another thread in mid-call, panics that are recovered, goroutines that end inside a call. A return probe on
// any of these functions would end it.
//
// Speaks as tests/targets/target.h does: "ready PID", a line on stdin, then the truth as JSON on stdout or in
// the file of --truth FILE. With --grow-first, main.grow is called by one function, and, after a while and again after a
// while, by another one, behind whose call nothing but the end follows. "counts" are calls. "values" are, by name: main.F the calls of F that never returned;
// main.F_ns the time inside F, summed over its calls; migrated the calls of main.handOff that left on another
// thread than they came in on; threads, how many there were; cpu_ns, the CPU time that the process took.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	threads      = 8
	growers      = 6    // goroutines that recurse, one after the other, each from a fresh stack
	growDepth    = 3000 // frames below the first, of more than 512 bytes each
	goroutines   = 1000 // in pairs
	handOffs     = 8    // of each pair
	handOffDepth = 30   // frames below the first that a hand-off needs behind its wait
	panics       = 400
	quitters     = 50
)

// What depends on the scheduler and is counted while the program runs.
var (
	handOffNanos int64
	migrated     int64
	sink         int64
)

// `below` points into the caller's frame: where the stack was copied it has to point into the copy.
//
//go:noinline
func recurse(depth int, below *int) {
	var frame [64]int

	mine := &frame[depth%len(frame)]
	if depth > 0 {
		recurse(depth-1, mine)
	}
	*below = *mine + 1
}

//go:noinline
func grow(depth int) int {
	frames := 0
	recurse(depth, &frames)
	return frames
}

//go:noinline
func stepWork(from, rounds int) int {
	for i := 0; i < rounds; i++ {
		from = from*31 + i
	}
	return from
}

// Gives a number to the other half of the pair and waits for one. In between it lets others run, may go on on
// another thread, and calls what its stack is too small for the first time and after each collection of garbage.
//
//go:noinline
func handOff(number int, out chan<- int, in <-chan int) int {
	out <- stepWork(number, 500)
	runtime.Gosched()
	number = <-in
	return number + grow(handOffDepth)
}

// The other half's part.
//
//go:noinline
func answer(number int, out chan<- int) int {
	runtime.Gosched()
	out <- stepWork(number, 500)
	return number + 1
}

func pairLeads(number int, out chan<- int, in <-chan int) {
	for i := 0; i < handOffs; i++ {
		if number == 0 {
			runtime.GC() // shrinks the stacks of those that wait
		}
		thread, start := syscall.Gettid(), time.Now()
		handOff(number, out, in)
		atomic.AddInt64(&handOffNanos, int64(time.Since(start)))
		if syscall.Gettid() != thread {
			atomic.AddInt64(&migrated, 1)
		}
	}
}

func pairAnswers(out chan<- int, in <-chan int) {
	for i := 0; i < handOffs; i++ {
		answer(<-in, out)
	}
}

//go:noinline
func deep(depth int, fails bool) int {
	if depth == 0 {
		if fails {
			panic("deep")
		}
		return 1
	}
	return deep(depth-1, fails) + 1
}

//go:noinline
func middle(depth int, fails bool) int {
	defer func() { sink += int64(depth) }()
	return deep(depth, fails) + 1
}

//go:noinline
func recovers(depth int, fails bool) (result int) {
	defer func() {
		if recover() != nil {
			result = 0
		}
	}()
	return middle(depth, fails)
}

//go:noinline
func quitInner(depth int) int {
	if depth == 0 {
		runtime.Goexit()
	}
	return quitInner(depth-1) + 1
}

//go:noinline
func quit(depth int) int {
	return quitInner(depth) + 1
}

// Waits until `work` has ended, by a return or by Goexit.
func apart(work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	<-done
}

type truth struct {
	Pid    int              `json:"pid"`
	Counts map[string]int64 `json:"counts"`
	Values map[string]int64 `json:"values"`
}

func growAll(t *truth) {
	for i := 0; i < growers; i++ {
		apart(func() {
			if grow(growDepth) != growDepth+1 {
				panic("a frame was lost")
			}
		})
	}
	t.Counts["main.grow"] += growers
	t.Counts["main.recurse"] += growers * (growDepth + 1)
}

func handOffAll(t *truth) {
	const calls = goroutines / 2 * handOffs
	var done sync.WaitGroup

	for i := 0; i < goroutines/2; i++ {
		there, back := make(chan int), make(chan int)
		number := i
		done.Add(2)
		go func() {
			defer done.Done()
			pairLeads(number, there, back)
		}()
		go func() {
			defer done.Done()
			pairAnswers(back, there)
		}()
	}
	done.Wait()
	t.Counts["main.handOff"] += calls
	t.Counts["main.answer"] += calls
	t.Counts["main.stepWork"] += 2 * calls
	t.Counts["main.grow"] += calls
	t.Counts["main.recurse"] += calls * (handOffDepth + 1)
	t.Values["migrated"] = migrated
	t.Values["threads"] = threads
	t.Values["main.handOff_ns"] = handOffNanos
}

func panicAll(t *truth) {
	var calls, unwound, caught int64

	for i := 0; i < panics; i++ {
		depth, fails := i%7, i%3 == 0

		calls += int64(depth + 1)
		if fails {
			unwound += int64(depth + 1)
		}
		if recovers(depth, fails) == 0 {
			caught++
		}
	}
	t.Counts["main.deep"], t.Values["main.deep"] = calls, unwound
	t.Counts["main.middle"], t.Values["main.middle"] = panics, caught
	t.Counts["main.recovers"], t.Values["main.recovers"] = panics, 0
}

func quitAll(t *truth) {
	var calls int64

	for i := 0; i < quitters; i++ {
		depth := i % 5
		calls += int64(depth + 1)
		apart(func() { sink += int64(quit(depth)) })
	}
	t.Counts["main.quit"], t.Values["main.quit"] = quitters, quitters
	t.Counts["main.quitInner"], t.Values["main.quitInner"] = calls, calls
}

func cpuNanos() int64 {
	var usage syscall.Rusage

	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// One byte at a time: what follows the line stays in the pipe for the next reader.
func readLine() {
	var one [1]byte

	for {
		n, err := os.Stdin.Read(one[:])
		if n != 1 || err != nil || one[0] == '\n' {
			return
		}
	}
}

func main() {
	out := os.Stdout
	t := truth{Pid: os.Getpid(), Counts: map[string]int64{}, Values: map[string]int64{}}

	runtime.GOMAXPROCS(threads)
	fmt.Printf("ready %d\n", t.Pid)
	readLine()
	if len(os.Args) == 2 && os.Args[1] == "--grow-first" {
		growAll(&t)
		for i := 0; i < 2; i++ {
			time.Sleep(3 * time.Second)
			handOffAll(&t)
		}
	} else {
		handOffAll(&t)
		growAll(&t)
	}
	panicAll(&t)
	quitAll(&t)
	t.Values["cpu_ns"] = cpuNanos()
	if len(os.Args) == 3 && os.Args[1] == "--truth" {
		file, err := os.Create(os.Args[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		out = file
	}
	if err := json.NewEncoder(out).Encode(t); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
