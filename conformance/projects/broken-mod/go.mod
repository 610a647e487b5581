module example.com/b

go 1.26

require (
	example.org/dep/v2 v1.0.0

	BAD!path v1.0.0
)

strange directive

replace example.org/dep => nowhere

