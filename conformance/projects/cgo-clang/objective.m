int objective(void) { return 9; }
