package b

import _ "example.com/b/a"
