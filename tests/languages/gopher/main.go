// Command gopher uses what programs in Go are made of: a module, the network, users, goroutines.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/user"
	"sync"

	greet "example.org/Greet"
)

var version = "unknown"

func main() {
	fmt.Println(greet.Hello("gopher"), version)

	listener, err := net.Listen("unix", "/tmp/socket")
	check(err)
	answer := func(w http.ResponseWriter, _ *http.Request) {
		check(json.NewEncoder(w).Encode(map[string]int{"answer": 42}))
	}
	go http.Serve(listener, http.HandlerFunc(answer))
	dial := func(string, string) (net.Conn, error) { return net.Dial("unix", "/tmp/socket") }
	client := http.Client{Transport: &http.Transport{Dial: dial}}
	response, err := client.Get("http://socket/")
	check(err)
	body, err := io.ReadAll(response.Body)
	check(err)
	fmt.Print("http: ", string(body))

	root, err := user.LookupId("0")
	check(err)
	fmt.Println("user:", root.Username)

	var group sync.WaitGroup
	var lock sync.Mutex
	sum := 0
	for i := range 10 {
		group.Add(1)
		go func() {
			defer group.Done()
			lock.Lock()
			sum += i
			lock.Unlock()
		}()
	}
	group.Wait()
	fmt.Println("sum:", sum)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
