module example.com/stdimports

go 1.26
