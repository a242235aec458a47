package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
)

// control starts and reads the watch of this pod: POST begins one, GET reads it, DELETE ends it and reads it.
type control struct {
	lock    sync.Mutex
	watcher *watcher
}

func (control *control) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	control.lock.Lock()
	defer control.lock.Unlock()
	if request.Method == http.MethodPost {
		var watch Watch
		if err := readJSON(request.Body, &watch); err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		if control.watcher != nil {
			control.watcher.stop()
		}
		control.watcher = newWatcher(watch)
		return
	}
	if control.watcher == nil {
		http.Error(writer, "nothing is watched", http.StatusNotFound)
		return
	}
	if request.Method == http.MethodDelete {
		control.watcher.stop()
	}
	encoder := json.NewEncoder(writer)
	for _, summary := range control.watcher.summaries() {
		encoder.Encode(summary)
	}
}

func startWatch(watch io.Reader) error {
	return callControl(http.MethodPost, watch)
}

func readWatch(stop bool) error {
	if stop {
		return callControl(http.MethodDelete, nil)
	}
	return callControl(http.MethodGet, nil)
}

// callControl prints what the server of this pod says.
func callControl(method string, body io.Reader) error {
	request, err := http.NewRequest(method, "http://"+controlAddress+"/watch", body)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := bufio.NewReader(response.Body).ReadString('\n')
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	_, err = io.Copy(os.Stdout, response.Body)
	return err
}
