package a

var X int = "text"

func F() int { return undefined }
