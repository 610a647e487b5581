#include "impl.h"

int Twice(int n) { return 2 * n; }
