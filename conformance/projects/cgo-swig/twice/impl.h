int Twice(int n);
