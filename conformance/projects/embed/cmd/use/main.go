package main

import "example.com/embed"

func main() { print(embed.Hello) }
