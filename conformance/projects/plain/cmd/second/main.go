package main

import "example.com/plain/list"

func main() { println(list.Max("a", "b")) }
