package d

//go:embed d.go
var S string
