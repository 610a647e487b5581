#include "lib.h"
#include "_cgo_export.h"

int offset(void) { return OFFSET; }
int call_back(int n) { return goCallback(n); }
