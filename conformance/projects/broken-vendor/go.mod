module example.com/b

go 1.26

require (
	example.org/dep v1.2.4
	example.org/other v1.0.0
)
