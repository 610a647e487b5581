package c

import _ "example.com/b/a"
