package a

func F()
