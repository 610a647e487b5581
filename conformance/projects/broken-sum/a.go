package b

import _ "golang.org/x/text/language"
