package b

import _ "example.com/b/c"
