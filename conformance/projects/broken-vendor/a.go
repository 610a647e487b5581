package b

import _ "example.org/dep"
