package c

import _ "../a"
