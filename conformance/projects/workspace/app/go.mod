module example.com/app

go 1.26

require example.com/third v0.1.0
