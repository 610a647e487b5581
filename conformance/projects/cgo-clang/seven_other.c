#ifndef __x86_64__
int seven(void) { return 7; }
#endif
