module example.com/b

go 1.26

require (
	no version
)

strange directive
