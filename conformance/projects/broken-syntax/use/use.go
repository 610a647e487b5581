package use

import _ "example.com/b"
