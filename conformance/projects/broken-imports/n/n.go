package n

import _ "example.net/nowhere/pkg"
