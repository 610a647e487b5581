package s

import _ "nosuchstd"
