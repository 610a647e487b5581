package m

import _ "example.com/b/cmd"
