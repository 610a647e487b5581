package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

func main() {
	text, err := json.Marshal(http.StatusText(404))
	fmt.Println(string(text), err)
}
