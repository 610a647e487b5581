package e

import _ "runtime/internal/none"
