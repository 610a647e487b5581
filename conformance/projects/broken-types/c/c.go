package c

import "fmt"
