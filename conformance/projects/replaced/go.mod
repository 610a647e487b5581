module example.com/replaced

go 1.26

godebug (
	default=go1.24
	panicnil=1
)

require example.com/old v1.0.0

replace example.com/old => ./old
