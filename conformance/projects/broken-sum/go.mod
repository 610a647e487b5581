module example.com/b

go 1.26

require golang.org/x/text v0.14.0
