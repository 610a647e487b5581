module example.com/clang

go 1.25
