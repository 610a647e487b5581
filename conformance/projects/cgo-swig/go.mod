module example.com/swig

go 1.25
