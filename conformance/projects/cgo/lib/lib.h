int offset(void);
int call_back(int);
