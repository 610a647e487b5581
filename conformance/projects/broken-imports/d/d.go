package d

import _ "example.com/b/i/internal/x"
